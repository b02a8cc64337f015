"""Queries: as rows of a list, and one with everything there is to know."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.origins import origin_of
from orm_insight.analysis.report import Report
from orm_insight.explain.base import NOT_RUN_HERE
from orm_insight.model.trace import Frame, Query
from orm_insight.ui.contexts import ExplainForm, Fact, Queries, QueryDetail, QueryRow
from orm_insight.ui.copy_contexts import DjangoCode
from orm_insight.ui.format import count, counted, cut, duration, fitting
from orm_insight.ui.links import Links
from orm_insight.ui.runnable.statement import runnable
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block, sql_line
from orm_insight.ui.values import MAX_PARAMETERS, parameters

PAGE_SIZE = 100
_MAX_FRAMES = 200
_OWN_FOLDER = f"{Path(__file__).parent.parent}{os.sep}"


def query_rows(
    report: Report,
    links: Links,
    sources: Sources,
    *,
    offset: int = 0,
    limit: int = PAGE_SIZE,
    explained: Container[int] = (),
) -> Queries:
    """``limit`` queries of the trace from ``offset`` on, in order of execution."""
    return rows_of(
        report.queries, report, links, sources, offset=offset, limit=limit, explained=explained
    )


def rows_of(
    chosen: Sequence[Query],
    report: Report,
    links: Links,
    sources: Sources,
    *,
    hint: int | None = None,
    group: int | None = None,
    offset: int = 0,
    limit: int = PAGE_SIZE,
    explained: Container[int] = (),
) -> Queries:
    """``limit`` of the queries of a hint or of a group, or of whatever ``chosen`` holds.

    ``explained`` are the indexes of those whose plan is there already.
    """
    shown = chosen[offset : offset + fitting(len(chosen) - offset, limit)]
    left = len(chosen) - offset - len(shown)
    rows = _Rows(report, links, sources, explained)
    return Queries(
        rows=tuple(rows.row(query) for query in shown),
        total=len(chosen),
        more=f"Show {min(left, limit):,} more of {left:,}" if left > 0 else "",
        more_url=links.queries(hint=hint, group=group, offset=offset + len(shown))
        if left > 0
        else None,
    )


class _Rows:
    """What a row has to know of the trace as a whole."""

    def __init__(
        self, report: Report, links: Links, sources: Sources, explained: Container[int]
    ) -> None:
        self._explained = explained
        self._links = links
        self._sources = sources
        self._slowest = max((query.duration_ms for query in report.queries), default=0.0)
        self._repeats = Counter(map(identity_of, report.queries))
        self._has_aliases = len({query.alias for query in report.queries}) > 1

    def row(self, query: Query) -> QueryRow:
        repeats = self._repeats[identity_of(query)]
        place = self._sources.place(query.site, with_excerpt=False) if query.site else None
        return QueryRow(
            index=query.index,
            sql=sql_line(query.sql),
            kind=str(origin_of(query)),
            place=place,
            at=duration(query.started_ms),
            duration=duration(query.duration_ms),
            bar=query.duration_ms / self._slowest if self._slowest else 0.0,
            rows=_rows_text(query),
            repeats=f"{repeats:,}\N{MULTIPLICATION SIGN} the same" if repeats > 1 else "",
            alias=query.alias if self._has_aliases else None,
            in_transaction=query.in_transaction,
            error=cut(query.error or "", 200),
            url=self._links.query(query.index),
            has_plan=query.index in self._explained,
        )


def _rows_text(query: Query) -> str:
    return "" if query.rows is None else count(query.rows)


def query_detail(
    query: Query,
    links: Links,
    sources: Sources,
    *,
    csrf_token: str | None = None,
    code: DjangoCode | None = None,
) -> QueryDetail:
    """Everything about one query; the form for EXPLAIN only with a token to send it with."""
    origin = query.origin if query.origin != query.site else None
    action = links.explain(query.index)
    has_form = action is not None and csrf_token is not None
    total = 0 if query.params is None else len(query.params)
    return QueryDetail(
        index=query.index,
        sql=sql_block(query.sql),
        facts=tuple(_facts(query)),
        error=cut(query.error or "", 2_000),
        parameters=parameters(query.params),
        parameters_note=(
            f"The first {MAX_PARAMETERS} of {total:,}." if total > MAX_PARAMETERS else ""
        ),
        site=sources.place(query.site) if query.site else None,
        origin=sources.place(origin) if origin else None,
        frames=tuple(
            sources.place(frame, with_excerpt=False) for frame in _told(query.frames)[:_MAX_FRAMES]
        ),
        explain=(
            ExplainForm(action=action or "", csrf_token=csrf_token or "") if has_form else None
        ),
        not_explained=NOT_RUN_HERE if sources.are_closed else "",
        url=links.query(query.index),
        copies=replace(runnable(query), code=code),
    )


def _facts(query: Query) -> Iterator[Fact]:
    yield Fact(label="Duration", value=duration(query.duration_ms))
    yield Fact(label="Started at", value=duration(query.started_ms))
    if query.rows is not None:
        yield Fact(label="Rows", value=count(query.rows))
    if query.batch_size is not None:
        sets = counted(query.batch_size, "set of parameters", "sets of parameters")
        yield Fact(label="Batch", value=sets)
    yield Fact(label="Issued by", value=str(origin_of(query)))
    if query.construction and query.construction.model:
        yield Fact(label="Model", value=query.construction.model)
    yield Fact(label="Transaction", value="open" if query.in_transaction else "none")
    yield Fact(label="Database", value=query.alias, note=query.vendor)


def _told(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Without ours, which lie between Django's where a hook is: they tell nobody anything."""
    return tuple(frame for frame in frames if not frame.file.startswith(_OWN_FOLDER))
