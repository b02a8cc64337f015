"""Endpoints, call sites and statements, each as a page: ordered, searched, a page of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from orm_insight.dashboard.links import address, with_query
from orm_insight.dashboard.responses import shell_of
from orm_insight.dashboard.workload import Workload, look, traces_of
from orm_insight.ui.format import count, counted
from orm_insight.ui.list_pages import Column
from orm_insight.ui.overview_contexts import Ranking, RankingPage
from orm_insight.ui.rankings import ENDPOINTS, LINES, STATEMENTS, Kind
from orm_insight.ui.sorting import sort_choices

PAGE_SIZE = 50
FIRST = 6
_MAX_TEXT = 200
_COSTLIEST = "-total"


@dataclass(frozen=True, slots=True)
class _Choice:
    """A ranking, the entries that it has, and the parameter by which the list takes one."""

    kind: Kind[Any]
    entries: Callable[[Workload], Sequence[Any]]
    parameter: str
    noun: str


RANKINGS = {
    "endpoints": _Choice(ENDPOINTS, lambda workload: workload.endpoints, "endpoint", "endpoint"),
    "lines": _Choice(LINES, lambda workload: workload.lines, "line", "call site"),
    "statements": _Choice(STATEMENTS, lambda found: found.statements, "statement", "statement"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address says; what makes no sense is as if it were not there."""

    name: str
    text: str
    sort: str
    page: int

    @classmethod
    def of(cls, name: str, parameters: QueryDict) -> _Asked:
        sort, page = parameters.get("sort", ""), parameters.get("page", "")
        return cls(
            name=name,
            text=parameters.get("q", "")[:_MAX_TEXT].strip(),
            sort=sort if RANKINGS[name].kind.is_sort(sort) else _COSTLIEST,
            page=max(int(page), 1) if page.isdecimal() and len(page) < 6 else 1,
        )

    def url(self, *, sort: str | None = None, page: int = 1) -> str:
        chosen = sort or self.sort
        return with_query(
            address(self.name),
            q=self.text,
            sort=None if chosen == _COSTLIEST else chosen,
            page=None if page == 1 else page,
        )


def ranking_page(request: HttpRequest, name: str) -> RankingPage:
    asked, workload, choice = _Asked.of(name, request.GET), look(), RANKINGS[name]
    entries = choice.entries(workload)
    found = choice.kind.ordered(choice.kind.matching(entries, asked.text), asked.sort)
    first = (asked.page - 1) * PAGE_SIZE
    has_next = first + PAGE_SIZE < len(found)
    total = counted(len(entries), choice.noun)
    return RankingPage(
        shell=shell_of(request),
        title=choice.kind.title,
        about=choice.kind.about,
        ranking=Ranking(
            columns=tuple(_columns(choice.kind, asked)),
            rows=_rows(choice, found[first : first + PAGE_SIZE], entries),
        ),
        url=address(name),
        text=asked.text,
        sorts=sort_choices(_sorts(choice.kind), asked.sort, _COSTLIEST),
        found=f"{count(len(found))} of {total}" if asked.text else total,
        pending=workload.pending,
        empty="Nothing here matches." if entries else "Nothing recorded yet.",
        placeholder=choice.kind.placeholder,
        searched=choice.kind.searched,
        previous_url=asked.url(page=asked.page - 1) if asked.page > 1 else None,
        next_url=asked.url(page=asked.page + 1) if has_next else None,
    )


def first_rows(
    kind: Kind[Any], entries: Sequence[Any], name: str, parameter: str, *, limit: int = FIRST
) -> Ranking:
    """The costliest, for the overview and for what many statements belong to."""
    choice = RANKINGS[name]
    asked = _Asked(name=name, text="", sort=_COSTLIEST, page=1)
    return Ranking(
        columns=tuple(_columns(kind, asked)),
        rows=_rows(choice, entries[:limit], entries),
        more=counted(len(entries), choice.noun),
        more_url=address(name),
    )


def _rows(choice: _Choice, shown: Sequence[Any], entries: Sequence[Any]) -> tuple[Any, ...]:
    value = choice.kind.measures[0].value
    whole = sum(map(value, entries))
    return tuple(choice.kind.rows(shown, whole, traces_of(choice.parameter)))


def _sorts(kind: Kind[Any]) -> Iterator[tuple[str, str]]:
    """The title of each column, and the sort of the first click on it."""
    yield kind.name, "name"
    for measure in kind.measures:
        yield measure.title, f"-{measure.key}"


def _columns(kind: Kind[Any], asked: _Asked) -> Iterator[Column]:
    for title, sort in _sorts(kind):
        yield _column(title, sort, "oi-cell-main" if sort == "name" else "oi-number", asked)


def _column(title: str, first_sort: str, css: str, asked: _Asked) -> Column:
    """A click on text sorts upwards, on numbers downwards; another one turns it round."""
    key = first_sort.removeprefix("-")
    is_active = asked.sort.removeprefix("-") == key
    is_down = asked.sort.startswith("-")
    turned = key if is_down else f"-{key}"
    return Column(
        title=title,
        url=asked.url(sort=turned if is_active else first_sort),
        order=("descending" if is_down else "ascending") if is_active else "",
        css=css,
    )
