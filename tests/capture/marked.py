"""Statements with a mark, by which a trace tells whose they are."""

from __future__ import annotations

from django.db import connection, connections

import orm_insight


def ask(marker: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [marker])  # asked


def ask_and_close(marker: str) -> None:
    """Ask in a thread, which has connections of its own."""
    try:
        ask(marker)
    finally:
        connections.close_all()


def markers(trace: orm_insight.capture | orm_insight.Trace) -> list[object]:
    return [query.params[0] for query in trace.queries if query.sql == "SELECT %s"]
