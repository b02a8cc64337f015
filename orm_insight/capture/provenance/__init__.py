"""Hooks into the ORM that tell which queryset loaded an instance, and on which line it was built.

The only file that hooks into the internals of the ORM, with three hooks:

* a new ``Query`` or ``RawQuery`` keeps a ``Built``: the line that made it, and the relation and
  instance for which Django made it (``QuerySet`` clones carry it along, ``Query.clone`` copies
  ``__dict__``);
* iterating over model instances leaves a ``Mark`` on each: the result it belongs to (``marks``);
* ``QuerySet._add_hints`` is called once a related manager has prepared its queryset, so that later
  additions of the application can be told from it.

Each is guarded: a hook that does not fit the running Django is left out and ``missing_hooks``
names it. Marks and ``Built`` values vanish when an instance or a queryset is pickled or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from sys import _getframe
from types import FrameType
from typing import Any, TypeAlias

from django.db.models import QuerySet
from django.db.models import query as orm_query
from django.db.models.manager import BaseManager
from django.db.models.sql import compiler as sql_compiler
from django.db.models.sql import query as sql_query

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.code_roles import Role, declare, is_application, learn, plain, roles
from orm_insight.capture.library_frames import makes_form_field, site_for
from orm_insight.capture.lineage import KEY, PARENT, Built, Site
from orm_insight.capture.provenance.marks import marked, marked_object
from orm_insight.capture.provenance.related_filters import (
    is_asked_of_manager,
    is_plain,
    narrowing_of,
    shape_of,
)
from orm_insight.capture.provenance.relations import (
    built_for_relation,
    declare_relations,
    loads_object,
    object_load,
)
from orm_insight.model.provenance import Narrowing
from orm_insight.patching import Patches

_ENDS = frozenset({Role.APPLICATION, Role.TEMPLATE_NODE, Role.BOUNDARY, Role.THREAD})
_OWNERS = frozenset({Role.OWNER, Role.PLACE})


def _build(frame: FrameType | None, query: Any) -> Built | None:
    """Find the line that builds a queryset, and the relation on the way to it."""
    built: Built | None = None
    owner: FrameType | None = None
    skipped = plain
    while frame is not None:
        if id(frame.f_code) not in skipped:
            role = learn(frame).role
            if role is Role.RELATION and built is None:
                built = built_for_relation(frame, query)
                if built.relation is not None and built.relation.kind != "many":
                    return built
                # Managers of generic relations never come to _add_hints().
                built.base = (len(query.where.children), *shape_of(query))
            elif role in _ENDS and not is_on_the_way(frame, role, owner):
                return _built_at(frame, role, query, built, owner)
            elif role in _OWNERS:
                owner = owner or frame
            elif role is Role.PREFETCH and built is not None:
                built.was_prefetched = True
        frame = frame.f_back
    return _built_at(None, Role.LIBRARY, query, built, owner)


def _build_unrecorded(frame: FrameType | None, query: Any) -> Built | None:
    """A queryset that the application builds itself, at import for instance, keeps its line.

    So do the choices of a form, whose fields Django makes at the end of the class statement.
    """
    form: FrameType | None = None
    while frame is not None:
        role = roles.get(id(frame.f_code))
        if role is None:
            role = learn(frame).role
        if role is Role.APPLICATION and not is_of_manager(frame):
            return _built_at(frame, role, query, None, form)
        if role is Role.OWNER and form is None and makes_form_field(frame.f_code):
            form = frame
        elif form is None and role not in (Role.ORM, Role.APPLICATION):
            break
        frame = frame.f_back
    return None


def _built_at(
    frame: FrameType | None, role: Role, query: Any, built: Built | None, owner: FrameType | None
) -> Built:
    site = None if frame is None else site_at(frame, role)
    model = query.__dict__.get("model")
    if owner is not None and built is None:  # a related manager's queryset is its instance's
        site = site_for(owner, frame, site, model, is_application)
    if built is None:
        return Built(model, site)
    built.site = site
    return built


_issuers: dict[int, Callable[[Any], Any]] = {}
"""Code that executes a query of the ORM, and how to get the query from its ``self``."""


def steps_to_issuer(cursor: FrameType) -> int | None:
    """The number of frames from the cursor's out to the ORM's that executes its query, if any."""
    frame: FrameType | None = cursor
    for steps in range(6):
        if frame is None:
            break
        if id(frame.f_code) in _issuers:
            return steps
        frame = frame.f_back
    return None


def built_at(issuer: FrameType) -> tuple[Built | None, int]:
    """The ``Built`` of the query that this frame executes, and a number that tells the instance
    apart whose relation it loads."""
    query_of = _issuers.get(id(issuer.f_code))
    if query_of is None:
        return NOT_BUILT
    known = query_of(issuer.f_locals["self"]).__dict__
    return known.get(KEY), known.get(PARENT, 0)


NOT_BUILT: tuple[None, int] = (None, 0)
"""The answer of ``built_at`` for statements that are not the ORM's."""


def narrowing_at(issuer: FrameType) -> Narrowing | None:
    """The question to a related manager that a prefetch would not serve, if it is one."""
    built = built_at(issuer)[0]
    if built is None or built.base is None:
        return None
    query = _issuers[id(issuer.f_code)](issuer.f_locals["self"])
    if is_plain(built.base, built.filters, query) and is_asked_of_manager(issuer, built.base):
        return None
    return narrowing_of(query, built.base, built.filters)


_missing: list[str] = []
_patches = Patches()
_Hook: TypeAlias = tuple[Any, str, Callable[[Any], Any]]


def missing_hooks() -> tuple[str, ...]:
    """Names of the hooks that do not fit the running Django; hints that need them are silent."""
    return tuple(_missing)


def install() -> None:
    """Put the hooks in; a second call does nothing."""
    _missing.clear()
    _missing.extend(declare_relations())
    _declare_others()
    _put_in(
        *_building(),
        (orm_query.QuerySet, "_add_hints", _hook_hints),
        (orm_query.ModelIterable, "__iter__", _hook_rows),
        (orm_query.RawModelIterable, "__iter__", _hook_raw_rows),
    )


def install_for_imports() -> None:
    """Note only where querysets are built, so that those built during imports are known.

    The admin imports its modules, and they import the forms, before other applications are ready.
    """
    if not _patches:
        _put_in(*_building())


def _building() -> tuple[_Hook, ...]:
    return (
        (sql_query.Query, "__init__", _hook_query),
        (sql_query.RawQuery, "__init__", _hook_query),
    )


def _put_in(*hooks: _Hook) -> None:
    for owner, name, hook in hooks:
        if callable(vars(owner).get(name)):
            _patches.replace(owner, name, hook)
        else:
            _missing.append(f"{owner.__qualname__}.{name}")


uninstall = _patches.undo


def _hook_query(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        try:
            # Beyond are QuerySet.__init__(), two methods of the manager and one that asks it.
            if id(_getframe(5).f_code) in loads_object:
                return  # the relation is found when the query is executed
        except ValueError:  # the stack is not so deep
            pass
        try:
            find = _build_unrecorded if active.get() is None else _build
            built = find(_getframe(1), self)
            if built is not None:
                self._orm_insight = built
        except Exception as error:
            faults.report("note where a queryset is built", error)

    return __init__


def _hook_hints(original: Callable[..., None]) -> Callable[..., None]:
    def _add_hints(self: Any, **hints: Any) -> None:
        original(self, **hints)
        try:
            built = self._query.__dict__.get(KEY)
            if built is not None and built.relation is not None:
                built.base = (len(self._query.where.children), *shape_of(self._query))
        except Exception as error:
            faults.report("note a related manager's queryset", error)

    return _add_hints


def _hook_rows(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def __iter__(self: Any) -> Iterator[Any]:
        rows = original(self)
        recorder = active.get()
        if recorder is None:
            return rows
        load = None
        try:
            query = self.queryset._query
            if KEY not in query.__dict__:
                # Beyond are _fetch_all(), __len__() and get(); then the loader of a single object.
                load = object_load(query, _getframe(4))
        except ValueError:  # the stack is not so deep
            pass
        except Exception as error:
            faults.report("note which relation is loaded", error)
        if load is not None:
            return marked_object(rows, load, recorder)
        return marked(rows, self, recorder)

    return __iter__


def _hook_raw_rows(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def __iter__(self: Any) -> Iterator[Any]:
        rows = original(self)
        return rows if active.get() is None else marked(rows, self)

    return __iter__


def _declare_others() -> None:
    declare(orm_query.prefetch_one_level.__code__, Role.PREFETCH)
    for compiler in vars(sql_compiler).values():
        if isinstance(compiler, type) and "execute_sql" in vars(compiler):
            _issuers[id(vars(compiler)["execute_sql"].__code__)] = attrgetter("query")
    raw: Any = sql_query.RawQuery
    _issuers[id(raw._execute_query.__code__)] = lambda query: query


# -- lines that build a queryset and could be changed for it ----------------------------------


def site_at(frame: FrameType, role: Role) -> Site | None:
    if role is Role.APPLICATION:
        return frame.f_code, frame.f_lasti
    return (frame.f_locals["self"],) if role is Role.TEMPLATE_NODE else None


def is_on_the_way(frame: FrameType, role: Role, owner: FrameType | None) -> bool:
    """Return whether this is no line to change: all queries of a model or a library come by."""
    if role is Role.APPLICATION:
        return is_of_manager(frame)
    if role is Role.TEMPLATE_NODE and owner is not None:
        origin = getattr(frame.f_locals["self"], "origin", None)
        return not is_application(getattr(origin, "name", None) or "<unknown>")
    return False


_ON_THE_WAY = {"get_queryset": BaseManager, "__init__": QuerySet}
"""Methods of the application's managers and querysets that all queries come by."""


def is_of_manager(frame: FrameType) -> bool:
    kind = _ON_THE_WAY.get(frame.f_code.co_name)
    return kind is not None and isinstance(frame.f_locals.get("self"), kind)
