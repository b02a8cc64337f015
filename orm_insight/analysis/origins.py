"""How the ORM came to a query, told by the qualified names of Django's own frames."""

from __future__ import annotations

from enum import StrEnum

from orm_insight.model.frames import Frame
from orm_insight.model.trace import Query


class QueryOrigin(StrEnum):
    """The operation of the ORM that issued the statement."""

    FORWARD = "forward relation"
    REVERSE_ONE = "reverse one-to-one"
    RELATED_SET = "related objects"
    GENERIC = "generic relation"
    DEFERRED = "deferred field"
    PREFETCH = "prefetch"
    REFRESH = "refresh_from_db()"
    GET = "get()"
    FIRST = "first() or last()"
    COUNT = "count()"
    EXISTS = "exists()"
    CONTAINS = "contains()"
    AGGREGATE = "aggregate()"
    LENGTH = "len()"
    TRUTH = "truth test"
    ITERATION = "iteration"
    ITERATOR = "iterator()"
    IN_BULK = "in_bulk()"
    BULK_CREATE = "bulk_create()"
    BULK_UPDATE = "bulk_update()"
    GET_OR_CREATE = "get_or_create()"
    CREATE = "create()"
    SAVE = "save()"
    UPDATE = "update()"
    DELETE = "delete()"
    RAW = "raw()"
    CURSOR = "cursor"
    SAVEPOINT = "savepoint"


# Read from the outermost of Django's frames inwards, the first match tells what was meant:
# a forward relation is loaded through get(), which iterates.
_MEANINGS: tuple[tuple[str, QueryOrigin], ...] = (
    ("prefetch_one_level", QueryOrigin.PREFETCH),
    ("DeferredAttribute.__get__", QueryOrigin.DEFERRED),
    ("ForwardManyToOneDescriptor.__get__", QueryOrigin.FORWARD),
    ("ForwardOneToOneDescriptor.__get__", QueryOrigin.FORWARD),
    ("ReverseOneToOneDescriptor.__get__", QueryOrigin.REVERSE_ONE),
    ("GenericForeignKey.__get__", QueryOrigin.GENERIC),
    ("GenericForeignKeyDescriptor.__get__", QueryOrigin.GENERIC),
    ("QuerySet.bulk_create", QueryOrigin.BULK_CREATE),
    ("QuerySet.bulk_update", QueryOrigin.BULK_UPDATE),
    ("QuerySet.get_or_create", QueryOrigin.GET_OR_CREATE),
    ("QuerySet.update_or_create", QueryOrigin.GET_OR_CREATE),
    ("QuerySet.create", QueryOrigin.CREATE),
    ("Model.save", QueryOrigin.SAVE),
    ("Model.delete", QueryOrigin.DELETE),
    ("QuerySet.delete", QueryOrigin.DELETE),
    ("QuerySet.update", QueryOrigin.UPDATE),
    ("Model.refresh_from_db", QueryOrigin.REFRESH),
    ("QuerySet.get", QueryOrigin.GET),
    ("QuerySet.first", QueryOrigin.FIRST),
    ("QuerySet.last", QueryOrigin.FIRST),
    ("QuerySet.count", QueryOrigin.COUNT),
    ("QuerySet.contains", QueryOrigin.CONTAINS),
    ("QuerySet.exists", QueryOrigin.EXISTS),
    ("QuerySet.aggregate", QueryOrigin.AGGREGATE),
    ("ForNode.render", QueryOrigin.ITERATION),  # asks for the length of what it iterates over
    ("QuerySet.__len__", QueryOrigin.LENGTH),
    ("QuerySet.__bool__", QueryOrigin.TRUTH),
    ("QuerySet.in_bulk", QueryOrigin.IN_BULK),
    ("QuerySet._iterator", QueryOrigin.ITERATOR),
    ("RawQuerySet.__iter__", QueryOrigin.RAW),
    ("RawQuerySet._fetch_all", QueryOrigin.RAW),
    ("QuerySet.__iter__", QueryOrigin.ITERATION),
    ("QuerySet._fetch_all", QueryOrigin.ITERATION),
)
_BY_NAME = {name: (rank, origin) for rank, (name, origin) in enumerate(_MEANINGS)}


def origin_of(query: Query) -> QueryOrigin:
    """The operation that the application asked of the ORM; ``CURSOR`` if it did not ask the ORM."""
    found = min(
        (_BY_NAME[frame.function] for frame in _inner(query.frames) if frame.function in _BY_NAME),
        default=None,
    )
    if found is None:
        is_savepoint = "SAVEPOINT" in query.sql[:24]
        return QueryOrigin.SAVEPOINT if is_savepoint else QueryOrigin.CURSOR
    origin = found[1]
    load = query.construction.load if query.construction else None
    if origin is QueryOrigin.ITERATION and load is not None and load.relation.kind == "many":
        return QueryOrigin.RELATED_SET
    return origin


def _inner(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of the framework between the statement and the application's line."""
    for position, frame in enumerate(frames):
        if frame.is_application:
            return frames[:position]
    return frames
