"""Where results come from, for people: the beginning of a path, and positions in the source.

No source file is read; the one exception is a class that stands for a building line.
"""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any, Literal

from orm_insight.capture.codes import frame_of, is_application
from orm_insight.capture.lineage import Built, Mark
from orm_insight.capture.sites import template_frame
from orm_insight.model.trace import CallSite, ResultSet


class Sources:
    """The ``ResultSet`` of each result's mark, made once and numbered in the order met."""

    __slots__ = ("_by_mark",)

    def __init__(self) -> None:
        self._by_mark: dict[int, ResultSet] = {}

    def of(self, mark: Mark) -> ResultSet:
        source = self._by_mark.get(id(mark))
        if source is None:
            built = mark.built
            names, is_deferred = mark.only or ((), True)
            source = self._by_mark[id(mark)] = ResultSet(
                number=len(self._by_mark),
                model=mark.model._meta.label if mark.model is not None else "",
                site=resolve_site(built.site) if built is not None else None,
                rows=mark.count,
                is_raw=built is not None and built.model is None,
                is_combined=mark.is_combined,
                owner=_owner_of(built),
                only=() if is_deferred else tuple(sorted(names)),
                deferred=tuple(sorted(names)) if is_deferred else (),
            )
        return source


def _owner_of(built: Built | None) -> Literal["view", "admin"] | None:
    """The kind of class that stands for the building line."""
    if built is None or built.site is None or not isinstance(built.site[0], type):
        return None
    modules = {base.__module__.partition(".options")[0] for base in built.site[0].__mro__}
    return "admin" if "django.contrib.admin" in modules else "view"


def resolve_site(site: Any) -> CallSite | None:
    """The source position of a building line: code, a template's node, or a class."""
    if site is None:
        return None
    if len(site) == 1:
        return template_frame(site[0])
    if isinstance(site[0], CodeType):
        return frame_of(site[0], site[1])
    return class_site(site[0])


_class_sites: dict[type, CallSite | None] = {}


def class_site(cls: type) -> CallSite | None:
    """Where the application's class stands that is the only place to change a queryset."""
    if cls not in _class_sites:
        _class_sites[cls] = _find_class(cls)
    return _class_sites[cls]


def _find_class(cls: type) -> CallSite | None:
    for candidate in cls.__mro__:
        try:
            file = inspect.getsourcefile(candidate) or ""
            if file and is_application(file):
                line = inspect.getsourcelines(candidate)[1]
                return CallSite(file=file, line=max(line, 1), function=candidate.__qualname__)
        except (OSError, TypeError):
            continue
    return None
