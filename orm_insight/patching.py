"""Replaces attributes of other people's code, and puts them back.

A replacement is called directly, with no frame of ours around it. Other tools may patch the same
attribute, before and after: their patches stay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import CO_COROUTINE, getattr_static
from types import FunctionType
from typing import Any, TypeAlias

Wrapper: TypeAlias = Callable[[Any], Any]
"""Makes the replacement from the original; ``None`` where there was none."""

_MISSING: Any = object()


class Patch:
    """An attribute that was replaced."""

    def __init__(self, owner: Any, name: str, wrapper: Wrapper) -> None:
        self.owner, self.name, self._key = owner, name, (id(owner), name, wrapper)
        self._before = vars(owner).get(name, _MISSING)
        is_class = isinstance(owner, type)
        found: Any = getattr_static(owner, name, None) if is_class else getattr(owner, name, None)
        kind = type(found) if isinstance(found, staticmethod | classmethod) else None
        original: Any = found if kind is None else found.__func__
        self._original = original
        self._function = function = self._undone_function() or wrapper(original)
        if isinstance(function, FunctionType) and callable(original):
            update_wrapper(function, original)
        self._ours = function if kind is None else kind(function)
        setattr(owner, name, self._ours)
        _patches[self._key] = self

    def _undone_function(self) -> Any:
        """Return the function of before an undo, if nobody has patched the attribute since.

        Whoever has kept it, as the addresses of the Django admin do, calls our code again.
        """
        undone, code = _undone.pop(self._key, (None, None))
        if undone is None or undone._before is not self._before:
            return None
        undone._function.__code__ = code
        undone._function.__kwdefaults__.pop("_original")
        return undone._function

    def undo(self) -> None:
        """Put back what was there, if nobody has patched it since; a second call does nothing.

        Another tool may still hold our function, and call it: it only passes the call on.
        """
        if _patches.get(self._key) is not self:
            return
        del _patches[self._key]
        if vars(self.owner).get(self.name) is self._ours:
            if self._before is _MISSING:
                delattr(self.owner, self.name)
            else:
                setattr(self.owner, self.name, self._before)
        if isinstance(self._function, FunctionType) and self._original is not None:
            _undone[self._key] = self, self._function.__code__
            _pass_on(self._function, self._original)


_patches: dict[tuple[int, str, Wrapper], Patch] = {}
_undone: dict[tuple[int, str, Wrapper], tuple[Patch, Any]] = {}
"""The last undone patch of each hook, with the code of its function."""


def replace(owner: Any, name: str, wrapper: Wrapper) -> Patch:
    """Replace the attribute by what ``wrapper`` makes of it; a second call changes nothing.

    The wrapper is given the function itself where a class has a static or class method.
    """
    return _patches.get((id(owner), name, wrapper)) or Patch(owner, name, wrapper)


class Patches:
    """The attributes that a module replaces: owner, name and wrapper of each."""

    def __init__(self, *hooks: tuple[Any, str, Wrapper]) -> None:
        self._hooks = hooks
        self._patches: dict[Patch, None] = {}

    def __bool__(self) -> bool:
        return bool(self._patches)

    def install(self) -> None:
        """Replace them all; a second call changes nothing."""
        for hook in self._hooks:
            self.replace(*hook)

    def replace(self, owner: Any, name: str, wrapper: Wrapper) -> None:
        """Replace one more."""
        self._patches[replace(owner, name, wrapper)] = None

    def undo(self) -> None:
        """Undo them, the last one first."""
        while self._patches:
            self._patches.popitem()[0].undo()


def _pass_on(function: Any, original: Any) -> None:
    """Let the function do what the original does: its code is exchanged, its identity is not."""
    is_async = function.__code__.co_flags & CO_COROUTINE
    code = (_call_async if is_async else _call).__code__
    function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), "_original": original}
    # A function's code has to have as many free variables as there are cells.
    function.__code__ = code.replace(co_freevars=function.__code__.co_freevars)


def _call(*args: Any, _original: Any, **kwargs: Any) -> Any:
    return _original(*args, **kwargs)


async def _call_async(*args: Any, _original: Any, **kwargs: Any) -> Any:
    return await _original(*args, **kwargs)
