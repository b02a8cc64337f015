"""The list of traces: filtered, sorted, and one page of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token

from orm_insight import insight
from orm_insight.dashboard.digests import digests, entry_of
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.rankings import subject_of
from orm_insight.dashboard.responses import fields_of, shell_of
from orm_insight.dashboard.state import demand, facts, version_of, warnings
from orm_insight.dashboard.trace_filters import (
    TraceFilters,
    chosen_rows,
    columns_of,
    found_in,
    having_rows,
)
from orm_insight.model.summary import TraceSummary
from orm_insight.stores.base import KeptFor, Listed
from orm_insight.ui.components import Choice
from orm_insight.ui.format import count, counted
from orm_insight.ui.rankings import TraceListPage
from orm_insight.ui.traces import (
    NEWEST_FIRST,
    REASONS,
    Entry,
    TraceTable,
    matching,
    ordered,
    places_of,
    process_among,
    row_of,
    sort_choices,
    word_of,
)

PAGE_SIZE = 50

# Title, sort of a first click, class.
_COLUMNS = (
    ("When", "-time", "oi-cell-when"),
    ("Request", "name", "oi-cell-main"),
    ("Status", "-status", "oi-cell-status"),
    ("Hints", "-hints", "oi-cell-hints"),
    ("Queries", "-queries", "oi-number"),
    ("Database", "-database", "oi-number"),
    ("Share", "-share", "oi-cell-share"),
    ("Total", "-duration", "oi-number"),
)


def list_page(request: HttpRequest, asked: TraceFilters) -> TraceListPage:
    # First, because it analyses the most, and the list uses its digests.
    subject = subject_of(asked)
    listed = insight.listed()
    # Before the status, so that the page tells failures of the analysis.
    table = trace_table(request, asked, listed)
    status, shell = insight.status(), shell_of(request)
    pinned = sum("pinned" in entry.kept_for for entry in listed)
    return TraceListPage(
        shell=replace(shell, page=subject.page) if subject else shell,
        subject=subject,
        table=table,
        text=asked.text,
        chosen=tuple(chosen_rows(asked, listed)),
        sorts=sort_choices((column[:2] for column in _COLUMNS), asked.sort, NEWEST_FIRST),
        kept=tuple(_choices(asked)) if asked.kept_for or _has_reasons(listed) else (),
        facts=tuple(facts(status)),
        warnings=tuple(warnings(request, status)),
        is_readable=insight.store().is_answering,
        is_shared=insight.store().is_shared,
        demand=demand(request),
        clear_url=address("clear"),
        clear_note="Deletes all traces and their plans."
        + (f" {counted(pinned, 'pinned trace')} will be kept." if pinned else ""),
        json_url=asked.url(name="traces-json"),
        import_url=address("import"),
    )


def trace_table(request: HttpRequest, asked: TraceFilters, listed: Sequence[Listed]) -> TraceTable:
    found = entries(listed, asked)
    first = (asked.page - 1) * PAGE_SIZE
    shown = found[first : first + PAGE_SIZE]
    looked_at = (each.summary for each in listed) if asked.needs_all else ()
    waiting = sum(entry.digest is None for entry in shown)
    waiting = max(waiting, sum(digests.get(summary) is None for summary in looked_at))
    has_next = first + PAGE_SIZE < len(found)
    places = places_of(entry.summary for entry in listed)
    return TraceTable(
        columns=tuple(columns_of(_COLUMNS, asked.sort, lambda sort: asked.url(sort=sort))),
        rows=tuple(
            row_of(
                entry,
                TraceLinks(entry.summary.id),
                process_among(entry.summary, places),
                found_in(entry.summary, asked),
            )
            for entry in shown
        ),
        found=_found(len(found), len(listed), asked),
        pending=f"{counted(waiting, 'trace')} not analysed yet." if waiting else "",
        empty="No matches." if listed else "",
        previous_url=asked.url(page=asked.page - 1) if asked.page > 1 else None,
        next_url=asked.url(page=asked.page + 1) if has_next else None,
        has_traces=bool(listed),
        csrf_token=get_token(request),
        back=asked.url(page=asked.page).partition("?")[2],
        version=version_of(listed),
    )


def entries(listed: Sequence[Listed], asked: TraceFilters) -> list[Entry]:
    """The matching traces in order, after as much analysis as one request may do."""
    if asked.needs_all:
        digests.work(each.summary for each in listed)
    found = matching(having_rows(listed, asked), asked.text, asked.kept_for, _texts)
    if asked.sort.endswith("hints"):
        digests.work(each.summary for each in found)
        return ordered(map(entry_of, found), asked.sort)
    first = (asked.page - 1) * PAGE_SIZE
    in_order = ordered(map(entry_of, found), asked.sort)
    shown = in_order[first : first + PAGE_SIZE]
    digests.work(entry.summary for entry in shown)
    in_order[first : first + PAGE_SIZE] = map(entry_of, shown)
    return in_order


def _texts(summary: TraceSummary) -> Iterator[str]:
    digest = digests.get(summary)
    return iter(()) if digest is None else digest.texts


def _has_reasons(listed: Sequence[Listed]) -> bool:
    return any(entry.kept_for - {"recent"} for entry in listed)


def _choices(asked: TraceFilters) -> Iterator[Choice]:
    yield Choice(value="", label="all", is_chosen=asked.kept_for is None)
    for reason in REASONS:
        is_chosen = reason == asked.kept_for
        yield Choice(value=word_of(reason), label=reason, is_chosen=is_chosen)


def _found(found: int, total: int, asked: TraceFilters) -> str:
    traces = counted(total, "trace")
    return f"{count(found)} of {traces}" if asked.is_filtered else traces


# The list as JSON.


def list_json(asked: TraceFilters) -> dict[str, Any]:
    traces = [summary_json(each) for each in entries(insight.listed(), asked)]
    return {"version": 1, "problem": insight.store().problem, "traces": traces}


def summary_json(entry: Entry) -> dict[str, Any]:
    found = entry.summary
    return {
        **fields_of(found, "id", "kind", "name", "method", "path", "view", "status"),
        "deep": found.is_deep,
        "started_at": found.started_at.isoformat(),
        **fields_of(found, "duration_ms", "queries", "query_ms", "dropped", "error"),
        "share": entry.share,
        "hints": None if entry.digest is None else entry.digest.count,
        **fields_of(found, "host", "pid", "follows", "part_of"),
        "imported": found.is_imported,
        **kept_json(entry.kept_for),
        "url": TraceLinks(found.id).json(),
    }


def kept_json(reasons: Collection[KeptFor]) -> dict[str, Any]:
    return {"kept_for": sorted(reasons), "pinned": "pinned" in reasons}
