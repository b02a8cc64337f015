"""Where results come from, for people: the beginning of a path, and positions in the source."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Any

from orm_insight.capture.codes import frame_of
from orm_insight.capture.declarations import class_at, class_site, declared_frame, members_of
from orm_insight.capture.lineage import Built, Mark
from orm_insight.capture.marking import selected_relations
from orm_insight.capture.sites import template_frame
from orm_insight.model.owner import Owner
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
                is_chunked=mark.is_chunked,
                owner=owner_of(built),
                only=() if is_deferred else tuple(sorted(names)),
                deferred=tuple(sorted(names)) if is_deferred else (),
                selected=tuple(_selected(mark.model, mark.selected)),
                selects_all=mark.selected is True,
            )
        return source


def owner_of(built: Built | None) -> Owner | None:
    """The class for which a library has built the queryset."""
    if built is None or built.site is None or len(built.site) < 4:
        return None
    first, *_, kind, field, is_many = built.site
    manager = None if built.model is None else built.model._meta.default_manager
    if isinstance(first, type):
        name, members = first.__name__, members_of(first)
        is_view = kind == "form" and hasattr(first, "as_view")
    else:
        frame = frame_of(*built.site[:2])
        name, members = class_at(frame.file, frame.line) or ("", frozenset())
        is_view = frame.function.endswith(".get_form")
    return Owner(
        kind=kind,
        name=name,
        field=field or "",
        members=members,
        manager=getattr(manager, "name", None) or "objects",
        is_many=is_many,
        is_view=is_view,
    )


def _selected(model: Any, wanted: Any, prefix: str = "", depth: int = 5) -> Iterator[str]:
    """The ends of what ``select_related()`` joins, as lookups."""
    if not wanted or depth == 0:
        return
    for name, below in selected_relations(model, wanted).items():
        target = model._meta.get_field(name).related_model
        ends = list(_selected(target, below, f"{prefix}{name}__", depth - 1))
        yield from ends or [f"{prefix}{name}"]


def resolve_site(site: Any) -> CallSite | None:
    """The source position of a building line: code, a template's node, or a class."""
    if site is None:
        return None
    if len(site) == 1:
        return template_frame(site[0])
    if isinstance(site[0], CodeType):
        return frame_of(site[0], site[1])
    if len(site) == 4 and site[1] == "graphql":
        return declared_frame(site[0], site[2])
    return class_site(site[0])
