"""Replaces attributes of what others have written, and puts them back.

A replacement is called directly, with no frame of ours around it. Other tools may patch the same
attribute, before and after: their patches stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from inspect import CO_COROUTINE, getattr_static
from types import FunctionType
from typing import Any, TypeAlias

Wrapper: TypeAlias = Callable[[Any], Any]
"""Makes the replacement, a new one each time, from the original; ``None`` where there was none."""

_MISSING: Any = object()


@dataclass(eq=False, slots=True, kw_only=True)
class Patch:
    """An attribute that was replaced."""

    owner: Any
    name: str
    before: Any
    """Where the owner has inherited the attribute: nothing of its own."""
    original: Any
    function: Any
    ours: Any
    wrapper: Wrapper

    def undo(self) -> None:
        """Put back what was there, if nobody has patched it since; a second call does nothing.

        Another tool may still hold our function, and call it: it only passes the call on.
        """
        key = id(self.owner), self.name, self.wrapper
        if _patches.get(key) is not self:
            return
        del _patches[key]
        if vars(self.owner).get(self.name) is self.ours:
            if self.before is _MISSING:
                delattr(self.owner, self.name)
            else:
                setattr(self.owner, self.name, self.before)
        if isinstance(self.function, FunctionType) and self.original is not None:
            _pass_on(self.function, self.original)


_patches: dict[tuple[int, str, Wrapper], Patch] = {}


def replace(owner: Any, name: str, wrapper: Wrapper) -> Patch:
    """Replace the attribute by what ``wrapper`` makes of it; a second call changes nothing.

    The wrapper is given the function itself where a class has a static or class method.
    """
    if (known := _patches.get((id(owner), name, wrapper))) is not None:
        return known
    is_class = isinstance(owner, type)
    found = getattr_static(owner, name, None) if is_class else getattr(owner, name, None)
    kind = type(found) if isinstance(found, staticmethod | classmethod) else None
    original: Any = found if kind is None else found.__func__
    function = wrapper(original)
    if isinstance(function, FunctionType) and callable(original):
        update_wrapper(function, original)
    patch = Patch(
        owner=owner,
        name=name,
        before=vars(owner).get(name, _MISSING),
        original=original,
        function=function,
        ours=function if kind is None else kind(function),
        wrapper=wrapper,
    )
    setattr(owner, name, patch.ours)
    _patches[id(owner), name, wrapper] = patch
    return patch


class Patches:
    """The attributes that a module has replaced, to be put back together."""

    def __init__(self) -> None:
        self._patches: dict[Patch, None] = {}

    def __bool__(self) -> bool:
        return bool(self._patches)

    def replace(self, owner: Any, name: str, wrapper: Wrapper) -> None:
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
