"""Queries: as rows of a list, and one with everything there is to know."""

from __future__ import annotations

import os
import reprlib
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from orm_insight.analysis.groups import QueryGroup, identity_of
from orm_insight.analysis.origins import origin_of
from orm_insight.explain.base import NOT_RUN_HERE
from orm_insight.model.frames import Frame
from orm_insight.model.trace import Params, Query, Redacted
from orm_insight.reports.report import Report
from orm_insight.ui.components import (
    DjangoCode,
    ExplainForm,
    Fact,
    GroupRow,
    Groups,
    Parameter,
    Queries,
    QueryDetail,
    QueryLink,
    QueryRow,
)
from orm_insight.ui.format import count, counted, cut, duration, fitting
from orm_insight.ui.links import Links
from orm_insight.ui.runnable import runnable
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block

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
    """Makes rows; knows the slowest query, the repeats and the databases of the trace."""

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
        return QueryRow(
            query=query,
            kind=str(origin_of(query)),
            place=self._sources.place(query.site, with_excerpt=False) if query.site else None,
            bar=query.duration_ms / self._slowest if self._slowest else 0.0,
            repeats=self._repeats[identity_of(query)],
            alias=query.alias if self._has_aliases else None,
            url=self._links.query(query.index),
            has_plan=query.index in self._explained,
        )


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


# Groups of queries as rows of a table: which line costs how much.

GROUPS_PAGE_SIZE = 40
MAX_LEADING = 10
_SHARE_OF_LEADING = 0.95
_TOO_FEW_TO_FOLD = 3


def leading_groups(report: Report, links: Links, sources: Sources) -> Groups:
    """The groups that matter: together nearly all of the time, and no more than a few."""
    number, covered = 0, 0.0
    while (
        number < min(len(report.groups), MAX_LEADING)
        and covered <= _SHARE_OF_LEADING * report.query_ms
    ):
        covered += report.groups[number].total_ms
        number += 1
    is_worth_it = len(report.groups) - number > _TOO_FEW_TO_FOLD
    return _groups(report, links, sources, 0, number if is_worth_it else len(report.groups))


def groups(
    report: Report,
    links: Links,
    sources: Sources,
    *,
    offset: int = 0,
    limit: int = GROUPS_PAGE_SIZE,
) -> Groups:
    """``limit`` groups from ``offset`` on, largest total time first."""
    return _groups(report, links, sources, offset, fitting(len(report.groups) - offset, limit))


def _groups(report: Report, links: Links, sources: Sources, offset: int, shown: int) -> Groups:
    chosen = report.groups[offset : offset + shown]
    left = len(report.groups) - offset - len(chosen)
    has_aliases = len({group.alias for group in report.groups}) > 1
    return Groups(
        rows=tuple(
            _row(number, group, report, links, sources, has_aliases=has_aliases)
            for number, group in enumerate(chosen, start=offset)
        ),
        total=len(report.groups),
        more=_more(left),
        more_url=links.groups(offset=offset + len(chosen)) if left > 0 else None,
    )


def _more(left: int) -> str:
    following = fitting(left, GROUPS_PAGE_SIZE)
    if left <= 0:
        return ""
    return f"Show {following:,} more" + (f" of {left:,}" if following < left else "")


def _row(
    number: int,
    group: QueryGroup,
    report: Report,
    links: Links,
    sources: Sources,
    *,
    has_aliases: bool,
) -> GroupRow:
    whole = report.trace.duration_ms
    slowest = max(group.queries, key=lambda query: query.duration_ms, default=None)
    return GroupRow(
        group=group,
        place=sources.place(group.site, with_excerpt=False) if group.site else None,
        share=min(group.total_ms / whole, 1.0) if whole else 0.0,
        alias=group.alias if has_aliases else None,
        slowest=QueryLink(index=slowest.index, url=links.query(slowest.index)) if slowest else None,
        queries_url=links.queries(group=number),
    )


# Parameters as text: their Python form, huge ones cut with their length told.

MAX_PARAMETERS = 100
_MAX_TEXT = 300

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _MAX_TEXT
_REPR.maxlist = _REPR.maxtuple = _REPR.maxset = _REPR.maxdict = 20
_REPR.maxlevel = 4


def parameters(params: Params) -> tuple[Parameter, ...]:
    """The first parameters, named by their key or by their position from 1."""
    return tuple(_parameter(name, value) for name, value in islice(_named(params), MAX_PARAMETERS))


def _named(params: Params) -> Iterator[tuple[str, Any]]:
    if isinstance(params, Mapping):
        yield from ((str(name), value) for name, value in params.items())
    elif params is not None:
        yield from ((str(number), value) for number, value in enumerate(params, start=1))


def _parameter(name: str, value: Any) -> Parameter:
    is_withheld = isinstance(value, Redacted)
    return Parameter(
        name=cut(name, 80),
        text="withheld" if is_withheld else _text(value),
        type="" if is_withheld else type(value).__name__,
        note=_note(value),
        is_withheld=is_withheld,
    )


def _text(value: Any) -> str:
    """Its ``repr()``, of the beginning only where the whole would be long."""
    try:
        if isinstance(value, str | bytes):
            return repr(value[:_MAX_TEXT]) + ("…" if len(value) > _MAX_TEXT else "")
        if isinstance(value, bytearray | memoryview):
            return _text(bytes(value[:_MAX_TEXT])) + ("…" if len(value) > _MAX_TEXT else "")
        return cut(_REPR.repr(value), 2 * _MAX_TEXT)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr() failed: {type(error).__name__}>"


def _note(value: Any) -> str:
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return counted(len(value), "character")
    if isinstance(value, bytes | bytearray | memoryview) and len(value) > _MAX_TEXT:
        return counted(len(value), "byte")
    if isinstance(value, list | tuple) and len(value) > _REPR.maxlist:
        return counted(len(value), "item")
    return ""
