"""Parts of a workload."""

from __future__ import annotations

from orm_insight.model.trace import Query
from tests.builders import make_query, make_site


def at(line: int, ms: float = 1.0, sql: str = 'SELECT "a" FROM "t" WHERE "id" = %s') -> Query:
    return make_query(sql, params=(ms,), site=make_site(line=line), duration_ms=ms)
