"""Filters of the list of traces, as the query string has them, and headings that sort a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from orm_insight.dashboard.digests import digests
from orm_insight.dashboard.links import TraceLinks, address, with_query
from orm_insight.model.summary import TraceSummary
from orm_insight.reports.workload import Part, endpoint_id
from orm_insight.sql.fingerprint import name_of
from orm_insight.stores.base import KeptFor, Listed
from orm_insight.ui.format import counted, cut, duration
from orm_insight.ui.overview import site_text
from orm_insight.ui.traces import (
    NEWEST_FIRST,
    Chosen,
    Column,
    FoundPart,
    is_sort,
    reason_of,
    word_of,
)

_MAX_TEXT = 200


def text_of(parameters: QueryDict) -> str:
    return parameters.get("q", "")[:_MAX_TEXT].strip()


def page_of(parameters: QueryDict) -> int:
    page = parameters.get("page", "")
    return max(int(page), 1) if page.isdecimal() and len(page) < 6 else 1


def columns_of(
    titles: Iterable[tuple[str, str, str]], sort: str, url: Callable[[str], str]
) -> Iterator[Column]:
    """Yield headings from titles, the sort of a first click, and classes.

    A first click sorts text upwards and numbers downwards; a second one reverses the order.
    """
    is_down, key = sort.startswith("-"), sort.removeprefix("-")
    for title, first, css in titles:
        is_active = first.removeprefix("-") == key
        order = "descending" if is_down else "ascending"
        yield Column(
            title=title,
            url=url((key if is_down else f"-{key}") if is_active else first),
            order=order if is_active else "",
            css=css,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFilters:
    """The words to search for, the reason to be kept, the order, and the page from 1.

    ``endpoint``, ``line`` and ``statement`` are ids of rows of a ranking.
    """

    text: str = ""
    kept_for: KeptFor | None = None
    endpoint: str = ""
    line: str = ""
    statement: str = ""
    sort: str = NEWEST_FIRST
    page: int = 1

    @classmethod
    def of(cls, parameters: QueryDict) -> TraceFilters:
        """Read a query string; values that make no sense are ignored."""
        sort = parameters.get("sort", "")
        return cls(
            text=text_of(parameters),
            kept_for=reason_of(parameters.get("kept", "")),
            endpoint=parameters.get("endpoint", "")[:_MAX_TEXT],
            line=parameters.get("line", "")[:_MAX_TEXT],
            statement=parameters.get("statement", "")[:_MAX_TEXT],
            sort=sort if is_sort(sort) else NEWEST_FIRST,
            page=page_of(parameters),
        )

    def url(
        self, *, sort: str | None = None, page: int = 1, without: str = "", name: str = "traces"
    ) -> str:
        chosen = sort or self.sort
        return with_query(
            address(name),
            **{name: value for name, value in self.filters.items() if name != without},
            sort=None if chosen == NEWEST_FIRST else chosen,
            page=None if page == 1 else page,
        )

    @property
    def filters(self) -> dict[str, str]:
        return {
            "q": self.text,
            "kept": word_of(self.kept_for) if self.kept_for else "",
            **self.rows,
        }

    @property
    def rows(self) -> dict[str, str]:
        """The ids of the chosen rows of rankings."""
        return {"endpoint": self.endpoint, "line": self.line, "statement": self.statement}

    @property
    def needs_all(self) -> bool:
        """Return whether a trace must be analysed to know whether it matches."""
        return bool(self.text or self.line or self.statement)

    @property
    def is_filtered(self) -> bool:
        return any(self.filters.values())


TITLES = {"endpoint": "Endpoint", "line": "Call site", "statement": "Statement"}
MAX_FOUND = 5


def chosen_rows(asked: TraceFilters, listed: Sequence[Listed]) -> Iterator[Chosen]:
    """Describe the chosen rows of rankings, each with the address without it."""
    for key, id in asked.rows.items():
        if id:
            yield Chosen(
                label=TITLES[key],
                text=_named(key, id, listed),
                url=asked.url(without=key),
                name=key,
                value=id,
            )


def _named(key: str, id: str, listed: Sequence[Listed]) -> str:
    for summary in (each.summary for each in listed):
        if key == "endpoint" and endpoint_id(summary) == id:
            return " ".join(filter(None, (summary.method, summary.path or summary.name)))
        digest = digests.get(summary)
        for part in digest.parts if digest else ():
            if key == "line" and part.line_id == id:
                return site_text(part.site)
            if key == "statement" and part.statement_id == id:
                return f"{name_of(part.fingerprint)} at {site_text(part.site)}"
    return "none that is known now"


def having_rows(listed: Sequence[Listed], asked: TraceFilters) -> list[Listed]:
    return [
        each
        for each in listed
        if asked.endpoint in ("", endpoint_id(each.summary)) and _has_part(each.summary, asked)
    ]


def _has_part(summary: TraceSummary, asked: TraceFilters) -> bool:
    if not (asked.line or asked.statement):
        return True
    digest = digests.get(summary)
    return any(_is_asked(part, asked) for part in (digest.parts if digest else ()))


def found_in(summary: TraceSummary, asked: TraceFilters) -> tuple[FoundPart, ...]:
    """The groups of this trace that match, a few at most, with the most time first."""
    digest = digests.get(summary)
    if digest is None or not (asked.line or asked.statement):
        return ()
    links = TraceLinks(summary.id)
    # The parts of a trace are its groups, in the same order.
    found = [(number, part) for number, part in enumerate(digest.parts) if _is_asked(part, asked)]
    return tuple(
        FoundPart(label=_label(part, asked), url=links.queries(group=number))
        for number, part in found[:MAX_FOUND]
        if part.fingerprint
    )


def _is_asked(part: Part, asked: TraceFilters) -> bool:
    return asked.line in ("", part.line_id) and asked.statement in ("", part.statement_id)


def _label(part: Part, asked: TraceFilters) -> str:
    calls = f"{counted(part.count, 'call')}, {duration(part.total_ms)}"
    return calls if asked.statement else f"{cut(name_of(part.fingerprint), 60)}: {calls}"
