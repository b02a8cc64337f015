"""Imports that wait: ours until first use, those of others until the application has them.

Each command, reload and test run pays for ``django.setup()``, so that it imports only the modules
that watch the application. All others are named with ``late()``, next to the import for type
checkers::

    if TYPE_CHECKING:
        from orm_insight import runs
    else:
        runs = late("orm_insight.recording.runs")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Late:
    """A stand-in that imports its module when an attribute is first used."""

    __slots__ = ("_module", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None

    def __getattr__(self, attribute: str) -> Any:
        if self._module is None:
            self._module = import_module(self._name)
        return getattr(self._module, attribute)

    def __repr__(self) -> str:
        return f"<late {self._name}>"


def late(name: str) -> Any:
    """The module of this name, imported when an attribute is first used."""
    return _Late(name)


def loaded(name: str) -> Any:
    """The module, if it has been imported."""
    return sys.modules.get(name)


Act = Callable[[], None]
_waiting: dict[str, list[Act]] = {}


def when_imported(name: str, act: Act) -> None:
    """Call ``act`` once the module has been imported: now, or right after its import.

    ``act`` must not raise: the import that it follows is the application's.
    """
    module = sys.modules.get(name)
    if module is not None and not _is_under_way(module):
        act()
        return
    _waiting.setdefault(name, []).append(act)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def _is_under_way(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


class _Finder:
    """A finder that lets the others find, and announces the end of the import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _waiting:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                announced: Any = spec
                announced.loader = _Announcing(spec.loader)
                return spec
        return None


class _Announcing:
    """Loads by another loader, and leaves no trace of itself on the module."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        for act in _waiting.pop(module.__name__, ()):
            act()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


_finder = _Finder()
