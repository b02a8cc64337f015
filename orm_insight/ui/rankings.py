"""Endpoints, lines and statements as tables: what stands in a column, and how it is ordered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from orm_insight.reports.workload import Endpoint, Line, Statement
from orm_insight.sql.fingerprint import tables
from orm_insight.ui.components import Choice, Demand, Fact, Place, SqlText
from orm_insight.ui.format import count, cut, display_path, duration, percent
from orm_insight.ui.overview import (
    NO_LINE,
    Cell,
    ProblemLine,
    Ranking,
    RankingRow,
    place_of,
    site_text,
)
from orm_insight.ui.pages import Shell
from orm_insight.ui.sql import sql_line
from orm_insight.ui.traces import SEARCHED_SQL, Chosen, TraceTable, has_all, words_of

Entry = TypeVar("Entry", Endpoint, Line, Statement)
Shown: TypeAlias = Callable[[float], str]
_TABLES = 6


@dataclass(frozen=True, slots=True)
class Measure(Generic[Entry]):
    """A figure that a ranking is ordered by."""

    key: str
    title: str
    value: Callable[[Entry], float]
    shown: Shown
    has_bar: bool = False


@dataclass(frozen=True, slots=True)
class Kind(Generic[Entry]):
    """One ranking: what it is called, its figures, its order by ``name``.

    ``words`` is what is searched, everything that a row shows among it; ``searched`` says so.
    """

    title: str
    about: str
    name: str
    measures: tuple[Measure[Entry], ...]
    order: Callable[[Entry], Any]
    words: Callable[[Entry], str]
    row: Callable[[Entry], dict[str, Any]]
    placeholder: str
    searched: str

    def is_sort(self, sort: str) -> bool:
        key = sort.removeprefix("-")
        return key == "name" or any(measure.key == key for measure in self.measures)

    def ordered(self, entries: Iterable[Entry], sort: str) -> list[Entry]:
        """A minus in front turns the order round."""
        key, is_reverse = sort.removeprefix("-"), sort.startswith("-")
        measures = {measure.key: measure.value for measure in self.measures}
        value: Callable[[Entry], Any] = measures.get(key, self.order)
        return sorted(entries, key=value, reverse=is_reverse)

    def matching(self, entries: Iterable[Entry], text: str) -> list[Entry]:
        words = words_of(text)
        return [each for each in entries if has_all(words, self.words(each))]

    def rows(self, entries: Sequence[Entry], whole: float, url: Callable[[str], str]) -> list[Any]:
        """``whole`` is the sum of which shares are told; ``url`` leads to the traces of an id."""
        return [
            RankingRow(
                url=url(entry.id),
                cells=tuple(self._cell(measure, entry, whole) for measure in self.measures),
                **self.row(entry),
            )
            for entry in entries
        ]

    def _cell(self, measure: Measure[Entry], entry: Entry, whole: float) -> Cell:
        value = measure.value(entry)
        return Cell(
            text=measure.shown(value),
            label=measure.title,
            bar=(min(value / whole, 1.0) if whole else 0.0) if measure.has_bar else None,
        )


def per_call(queries: float) -> str:
    return f"{queries:.1f}".removesuffix(".0")


def _endpoint_words(endpoint: Endpoint) -> str:
    newest = endpoint.newest
    facts = (newest.method, newest.url_name, newest.path, newest.view, newest.name, newest.kind)
    return "\n".join(fact for fact in facts if fact)


def _endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    newest = endpoint.newest
    is_request = newest.kind == "request"
    return {
        "name": cut(route_of(endpoint), 200),
        "method": newest.method or "",
        "kind": "" if is_request else newest.kind,
        "note": cut(newest.view or "", 200) if is_request else "",
    }


def route_of(endpoint: Endpoint) -> str:
    """The path, where it is the same for all; a task and a command are called by their code."""
    newest = endpoint.newest
    if newest.kind != "request":
        return newest.view or newest.name
    return (newest.path if endpoint.paths == 1 else newest.url_name) or newest.path or newest.name


def _site_order(entry: Line | Statement) -> tuple[str, int]:
    return ("", 0) if entry.site is None else (display_path(entry.site.file), entry.site.line)


def _site_words(entry: Line | Statement) -> str:
    """As it is shown, and the path as a whole."""
    site = entry.site
    if site is None:
        return NO_LINE
    return f"{site_text(site)} {site.function}\n{site.file}:{site.line}"


def _line_row(line: Line) -> dict[str, Any]:
    place = place_of(line.site, is_template=line.is_template)
    return {"place": place, "name": "" if place else NO_LINE}


def _statement_words(statement: Statement) -> str:
    facts = (
        statement.sql[:SEARCHED_SQL],
        statement.fingerprint,
        *tables(statement.fingerprint),
        f"on {statement.alias}",
        _site_words(statement),
    )
    return "\n".join(facts)


def _statement_row(statement: Statement) -> dict[str, Any]:
    named = tables(statement.fingerprint)
    tags = named[:_TABLES] + ((f"{len(named) - _TABLES} more",) if len(named) > _TABLES else ())
    alias = () if statement.alias == "default" else (f"on {statement.alias}",)
    return {
        "place": place_of(statement.site, is_template=statement.is_template),
        "sql": sql_line(statement.sql),
        "tags": (*tags, *alias),
        "note": "" if statement.site else NO_LINE,
    }


ENDPOINTS: Kind[Endpoint] = Kind(
    "Endpoints",
    "Requests, commands and tasks, grouped by view or name.",
    "Endpoint",
    (
        Measure("total", "Total", lambda each: each.total_ms, duration, has_bar=True),
        Measure("calls", "Calls", lambda each: each.calls, count),
        Measure("p50", "p50", lambda each: each.p50_ms, duration),
        Measure("p95", "p95", lambda each: each.p95_ms, duration),
        Measure("share", "In database", lambda each: each.share, percent),
        Measure("queries", "Queries/call", lambda each: each.queries_per_call, per_call),
        Measure("problems", "Problems", lambda each: each.problems, count),
    ),
    _endpoint_words,
    _endpoint_words,
    _endpoint_row,
    "path, view, command …",
    "Searches method, path, URL name, view, and names of tasks and commands. All words must match.",
)


def _totals() -> tuple[Measure[Any], ...]:
    return (
        Measure("total", "Total", lambda each: each.totals.total_ms, duration, has_bar=True),
        Measure("calls", "Calls", lambda each: each.totals.count, count),
        Measure("average", "Average", lambda each: each.totals.average_ms, duration),
        Measure("slowest", "Slowest", lambda e: e.totals.slowest_ms, duration),
        Measure("traces", "Traces", lambda each: each.totals.traces, count),
    )


LINES: Kind[Line] = Kind(
    "Call sites",
    "Lines of your code that run queries, and the database time of each.",
    "Call site",
    _totals(),
    _site_order,
    _site_words,
    _line_row,
    "file, file:line, function …",
    "Searches file, line and function. All words must match.",
)
STATEMENTS: Kind[Statement] = Kind(
    "Statements",
    "Queries of one call site that differ only in their values.",
    "Statement",
    _totals(),
    lambda each: (each.fingerprint, _site_order(each)),
    _statement_words,
    _statement_row,
    "SQL, table, file:line …",
    "Searches SQL, tables, database, file, line and function. All words must match.",
)


# The page of one statement, one call site or one endpoint: what stands above its traces.


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLink:
    """A link to more about the row."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One row of a ranking with everything there is to know.

    ``kind`` is what it is; ``page`` names its ranking, and ``up`` leads there. ``gone`` says why
    nothing is known of it. A statement has ``sql`` and ``place``, a call site ``place``;
    ``hints_title`` says whose hints these are.
    """

    kind: str
    page: str
    up: SubjectLink
    title: str = ""
    method: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    gone: str = ""
    sql: SqlText | None = None
    place: Place | None = None
    facts: tuple[Fact, ...] = ()
    links: tuple[SubjectLink, ...] = ()
    hints_title: str = ""
    hints: tuple[ProblemLine, ...] = ()
    statements: Ranking | None = None
    pending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceListPage:
    """The list of traces. ``is_readable`` unless the store does not answer now; ``subject`` is
    the row of a ranking to which it is narrowed."""

    template: ClassVar[str] = "pages/traces.jinja"
    shell: Shell
    subject: Subject | None
    table: TraceTable
    text: str
    chosen: tuple[Chosen, ...]
    sorts: tuple[Choice, ...]
    kept: tuple[Choice, ...]
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    is_readable: bool
    is_shared: bool
    demand: Demand | None
    clear_url: str
    clear_note: str
    json_url: str
    import_url: str
