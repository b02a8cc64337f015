"""Reports of invented traces, to be compared."""

from __future__ import annotations

from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query
from orm_insight.reports.comparison import Comparison, compare
from orm_insight.reports.report import Report, analyze
from tests.builders import make_query, make_site, make_trace

POSTS = 'SELECT "id" FROM "blog_post"'
AUTHOR = 'SELECT "id" FROM "blog_author" WHERE "id" = ?'


def at(line: int, sql: str = POSTS, *, ms: float = 1.0, **facts) -> Query:
    """A statement issued on a line of ``post_list``, or of another ``function`` or ``file``."""
    places = {name: facts.pop(name) for name in ("file", "function", "column") if name in facts}
    return make_query(sql, site=make_site(line=line, **places), duration_ms=ms, **facts)


def report(*queries: Query, **facts) -> Report:
    return analyze(make_trace(*queries, **facts), Schema())


def compared(before: list[Query], after: list[Query]) -> Comparison:
    return compare(report(*before), report(*after))
