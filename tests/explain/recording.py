"""The statements of the application, as captured queries, without the capture stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from orm_insight.model.trace import Params, Query


@contextmanager
def recorded(alias: str = "default") -> Iterator[list[Query]]:
    queries: list[Query] = []

    def record(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        sets = list(params) if many else [params]
        params = sets[0]
        queries.append(
            Query(
                index=len(queries),
                sql=sql,
                params=tuple(params) if isinstance(params, list) else params,
                alias=alias,
                vendor=connections[alias].vendor,
                batch_size=len(sets) if many else None,
            )
        )
        return execute(sql, sets if many else params, many, context)

    with connections[alias].execute_wrapper(record):
        yield queries


def query(statement: Any, params: Params = None, **facts: Any) -> Query:
    """A statement that was captured on PostgreSQL."""
    return Query(
        **{"index": 0, "sql": statement, "params": params, "vendor": "postgresql", **facts}
    )
