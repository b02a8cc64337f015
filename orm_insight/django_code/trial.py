"""What an expression would ask the database: its first statement, stopped before it gets there.

A connection is opened where there is none yet, because the ORM asks for a cursor first; nothing
is sent over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

from orm_insight.capture.tracing import paused
from orm_insight.model.trace import Query
from orm_insight.stores.values import to_json


class Asked(NamedTuple):
    """A statement that was not sent."""

    sql: str
    params: Any
    alias: str


class _Stopped(Exception):
    """Raised in place of sending; the ORM cleans up as after any error."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked


def can_be_tried(query: Query) -> bool:
    """Asked once, so that nobody waits for each of many tries of a database that is not there."""
    try:
        with paused():
            connections[query.alias].ensure_connection()
    except Exception:
        return False
    return True


def issues(evaluate: Callable[[], Any], query: Query) -> bool:
    """Whether the first statement is this one, with these values, on this database.

    Whatever else happens, the code of the application included, is a no.
    """
    try:
        asked = _first_statement(evaluate)
    except Exception:
        return False
    return (
        asked is not None
        and (asked.sql, asked.alias) == (query.sql, query.alias)
        and to_json(_tuple(asked.params)) == to_json(_tuple(query.params))
    )


def _tuple(params: Any) -> Any:
    return tuple(params) if isinstance(params, list) else params


def _first_statement(evaluate: Callable[[], Any]) -> Asked | None:
    try:
        with paused(), _nothing_sent():
            value = evaluate()
            if isinstance(value, QuerySet):
                list(value)
    except _Stopped as stopped:
        return stopped.asked
    return None


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Wrappers come and go while a connection is opened, so this one is removed by identity."""

    def stop(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        raise _Stopped(Asked(sql, params, context["connection"].alias))

    opened = list(connections.all())
    for connection in opened:
        # The first one is outermost: no other tool gets to see what is not sent.
        connection.execute_wrappers.insert(0, stop)
    try:
        yield
    finally:
        for connection in opened:
            connection.execute_wrappers[:] = [
                w for w in connection.execute_wrappers if w is not stop
            ]
