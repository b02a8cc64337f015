"""Leaves a ``Mark`` on each instance that a queryset yields or joins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import get_ident
from types import CodeType
from typing import Any

from django.db.models.base import Model

from orm_insight import faults
from orm_insight.capture.code_roles import Role, learn, roles
from orm_insight.capture.lineage import KEY, Built, Mark, ObjectLoad, RelatedMarks, Site
from orm_insight.capture.provenance.relations import relation_named, under_attribute
from orm_insight.capture.recorder import Recorder
from orm_insight.capture.usage import WatchedResult

_PREFETCH, _APPLICATION = Role.PREFETCH, Role.APPLICATION

MANY = 100
"""The recorder is told the number of instances from here on: drivers may not count."""


def marked(rows: Iterator[Any], iterable: Any, recorder: Recorder | None = None) -> Iterator[Any]:
    """The same rows, each with a mark of the result it belongs to; a recorder may watch them."""
    try:
        queryset = iterable.queryset
        query = queryset.query
        mark = _mark_of(query.__dict__.get(KEY), queryset.model)
        mark.is_chunked = iterable.chunked_fetch
        joined = getattr(query, "select_related", False)
        related = _tree_of_marks(mark, queryset.model, joined, depth=5) if joined else None
        if mark.parent is None:
            mark.only = getattr(query, "deferred_loading", None)
            mark.selected = joined
            mark.is_combined = bool(getattr(query, "combinator", None))
        if recorder is not None and recorder.usage is not None:
            result = WatchedResult(mark, related or [], queryset)
            rows = recorder.usage.watch(rows, result, recorder.queries)
    except Exception as error:
        faults.report("mark a result", error)
        yield from rows
        return
    for row in rows:
        mark.count += 1
        row._state._orm_insight = mark
        if related:
            _mark_related(row, related)
        yield row
    if mark.count >= MANY and recorder is not None and not mark.is_chunked:
        recorder.note_rows(mark.built, mark.count)


def marked_object(
    rows: Iterator[Any], load: tuple[ObjectLoad, int], recorder: Recorder
) -> Iterator[Any]:
    """The row of a related object, with its mark; the recorder is told of the load."""
    (built, mark, _), parent = load
    recorder.loading = built, parent, get_ident()
    try:
        loaded = list(rows)
    finally:
        recorder.loading = None
    for row in loaded:
        row._state._orm_insight = mark
    return iter(loaded)


def _mark_of(built: Built | None, model: Any) -> Mark:
    if built is not None and built.mark is not None:
        relation, parent = built.relation, built.mark
        # The set of a single parent is a beginning of its own, unless there is no line of Python
        # at which its queryset could be changed.
        if (
            relation is not None
            and relation.kind == "many"
            and _is_in_python(built.site)
            and not parent.is_one_of_many()
        ):
            return Mark(built, model)
        return Mark(built, model, parent, relation)
    frame = sys._getframe(2).f_back
    for _ in range(8):  # four of Django's own, and those of other tools
        if frame is None:
            break
        role = roles.get(id(frame.f_code))
        if role is None:
            role = learn(frame).role
        if role is _PREFETCH:
            return _mark_of_prefetch(built, model, frame.f_locals)
        if role is _APPLICATION:
            break
        frame = frame.f_back
    return Mark(built, model)


def _mark_of_prefetch(built: Built | None, model: Any, local: Any) -> Mark:
    """A prefetch continues the path, unless its queryset was built by the application."""
    lookup, level, instances = local["lookup"], local["level"], local["instances"]
    is_last = level == lookup.prefetch_through.count("__")
    parent = getattr(instances[0]._state, KEY, None)
    name = lookup.prefetch_through.split("__")[level]
    attribute = lookup.prefetch_to.split("__")[level]  # another name if there is a to_attr
    relation = relation_named(type(instances[0]), name)
    if parent is None or relation is None:
        return Mark(built, model)
    relation = under_attribute(relation, attribute)
    if lookup.queryset is not None and is_last:
        mark = Mark(built, model, None, relation, "prefetch")
        mark.above = parent
        return mark
    return Mark(built, model, parent, relation, "prefetch")


def _is_in_python(site: Site | None) -> bool:
    return site is not None and isinstance(site[0], CodeType)


def _tree_of_marks(mark: Mark, model: type[Model], wanted: Any, depth: int) -> RelatedMarks:
    if depth == 0:
        return []
    tree: RelatedMarks = []
    for name, below in selected_relations(model, wanted).items():
        relation = relation_named(model, name)
        if relation is not None and relation.kind in ("forward", "reverse_one"):
            target: Any = model._meta.get_field(name).related_model
            child = Mark(mark.built, target, mark, relation, "select")
            tree.append((relation.name, child, _tree_of_marks(child, target, below, depth - 1)))
    return tree


def selected_relations(model: type[Model], wanted: Any) -> dict[str, Any]:
    """The names that a query joins to this model, each with those that are joined to it."""
    if wanted is not True:
        return dict(wanted)
    # select_related() without names follows the keys that cannot be null.
    return {f.name: True for f in model._meta.fields if f.remote_field and not f.null}


def _mark_related(row: Any, related: RelatedMarks) -> None:
    cache = row._state.fields_cache
    for name, mark, below in related:
        instance = cache.get(name)
        if instance is not None:
            mark.count += 1
            instance._state._orm_insight = mark
            if below:
                _mark_related(instance, below)
