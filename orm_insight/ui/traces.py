"""The list of traces: filtered by text, sorted, a page of it; and the header of one trace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar, Protocol

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.stores.base import KeptFor, Listed
from orm_insight.ui.components import Choice, KeptBadge
from orm_insight.ui.format import ago
from orm_insight.ui.pages import ShownTrace

# Why a trace is still there, as badges and as the words of a filter.

# The person's own choice comes first. The newest traces are stored anyway and get no badge.
REASONS: dict[KeptFor, str] = {
    "pinned": "Kept until it is unpinned.",
    "slowest": "Kept as the slowest trace of its endpoint in the last hours.",
    "most queries": "Kept as the trace with the most queries of its endpoint.",
    "most repeats": "Kept as the trace with the most repeated queries of its endpoint.",
}


def badges_of(kept_for: Collection[KeptFor]) -> tuple[KeptBadge, ...]:
    return tuple(
        KeptBadge(label=reason, title=title)
        for reason, title in REASONS.items()
        if reason in kept_for
    )


def imported_badge(trace: Trace | TraceSummary) -> tuple[KeptBadge, ...]:
    """Return the badge of a trace that was imported."""
    if trace.imported_at is None:
        return ()
    title = (
        f"Imported from a file {ago(trace.imported_at)}: its queries are never run here, and its "
        "source files are never read."
    )
    return (KeptBadge(label="imported", title=title),)


def word_of(reason: KeptFor) -> str:
    """As it stands in an address."""
    return reason.replace(" ", "-")


def reason_of(word: str) -> KeptFor | None:
    """Return the reason for a word of an address; ``None`` for an unknown word."""
    return next((reason for reason in REASONS if word_of(reason) == word), None)


def places_of(traces: Iterable[TraceSummary]) -> frozenset[tuple[str, int]]:
    """The machines and processes that have recorded them here at the same time.

    Where one has only taken the place of another, as at a reload, nobody asks which it was: only
    the last is named.
    """
    recorded: dict[tuple[str, int], list[datetime]] = {}
    for trace in traces:
        if not trace.is_imported:
            recorded.setdefault((trace.host, trace.pid), []).append(trace.started_at)
    spans = sorted((min(moments), max(moments), place) for place, moments in recorded.items())
    is_one_after_another = len({host for host, _ in recorded}) < 2 and all(
        before[1] < after[0] for before, after in pairwise(spans)
    )
    return frozenset([spans[-1][2]] if spans and is_one_after_another else recorded)


def process_among(trace: TraceSummary, places: Collection[tuple[str, int]]) -> str:
    """Return the name of its process, with the machine where there are several; empty for one."""
    if len(places) < 2:
        return ""
    return process_name(trace.host if len({host for host, _ in places}) > 1 else "", trace.pid)


def process_name(host: str, pid: int) -> str:
    process = f"process {pid}" if pid else ""
    return ", ".join(part for part in (host, process) if part)


# The list of traces: its table, its rows.


@dataclass(frozen=True, slots=True, kw_only=True)
class HintDigest:
    """The hints of a trace in a line: how many, and the one that saves most."""

    count: int
    severity: str = ""
    code: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPart:
    """Statements of a trace that are asked for: how much they cost there, and where they stand."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow(ShownTrace):
    """One trace in the list. ``hints`` is ``None`` while it was not analysed yet.

    ``process`` is empty where all traces are of the same one, ``found`` where all of a trace is
    asked for.
    """

    url: str
    pin_url: str
    is_pinned: bool
    kept_for: tuple[KeptBadge, ...]
    process: str
    share: float
    hints: HintDigest | None
    found: tuple[FoundPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A heading of the list. ``order`` is ``ascending``, ``descending`` or empty."""

    title: str
    url: str
    order: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTable:
    """The list itself, also loaded on its own while somebody types.

    ``back`` is the query of its address: who pins a trace comes back to the same list. ``version``
    changes with what it may show.
    """

    template: ClassVar[str] = "fragments/traces.jinja"
    columns: tuple[Column, ...]
    rows: tuple[TraceRow, ...]
    found: str
    pending: str
    empty: str
    previous_url: str | None
    next_url: str | None
    has_traces: bool
    csrf_token: str
    back: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A row of a ranking to which the list is narrowed; ``url`` leads to the list without it."""

    label: str
    text: str
    url: str
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trace of the list, with its hints as far as they are known."""

    summary: TraceSummary
    kept_for: frozenset[KeptFor]
    digest: HintDigest | None

    @property
    def share(self) -> float:
        whole = self.summary.duration_ms
        return min(self.summary.query_ms / whole, 1.0) if whole else 0.0


# The sort keys of the list; a minus in front reverses the order.
SORT_KEYS: dict[str, Callable[[Entry], Any]] = {
    "time": lambda entry: entry.summary.started_at,
    "name": lambda entry: (entry.summary.path or entry.summary.name, entry.summary.method or ""),
    "status": lambda entry: entry.summary.status or 0,
    "duration": lambda entry: entry.summary.duration_ms,
    "queries": lambda entry: entry.summary.queries,
    "database": lambda entry: entry.summary.query_ms,
    "share": lambda entry: entry.share,
    "hints": lambda entry: -1 if entry.digest is None else entry.digest.count,
}
NEWEST_FIRST = "-time"


def is_sort(text: str) -> bool:
    return text.removeprefix("-") in SORT_KEYS


def ordered(entries: Iterable[Entry], sort: str) -> list[Entry]:
    """Stable: what is equal stays newest first."""
    key = SORT_KEYS[sort.removeprefix("-")]
    return sorted(entries, key=key, reverse=sort.startswith("-"))


def matching(
    listed: Sequence[Listed],
    text: str,
    kept_for: KeptFor | None,
    texts_of: Callable[[TraceSummary], Iterable[str]],
) -> list[Listed]:
    """Return the traces in which every word is found: in method, path, view, name, status,
    kind, tags, host, why it is kept, and in what ``texts_of`` tells of its queries and hints.

    A process is asked for by ``pid:123``, or by its number alone.
    """
    words = words_of(text)

    def has_all(each: Listed) -> bool:
        left = [word for word in words if not _has(each, word)]
        texts = list(map(folded, texts_of(each.summary))) if left else []
        return all(any(word in told for told in texts) for word in left)

    return [
        each for each in listed if (kept_for is None or kept_for in each.kept_for) and has_all(each)
    ]


def _has(listed: Listed, word: str) -> bool:
    pid = listed.summary.pid
    return word in (f"pid:{pid}", str(pid)) or word in _searched(listed)


def _searched(listed: Listed) -> str:
    trace = listed.summary
    tags = (f"{key}:{value}\n{key}: {value}" for key, value in trace.tags.items())
    parts = (
        trace.name,
        trace.method,
        trace.path,
        trace.view,
        trace.status,
        trace.kind,
        trace.error,
        trace.host,
        "process",
        "imported" if trace.is_imported else None,
        "in depth" if trace.is_deep else None,
        *sorted(listed.kept_for - {"recent"}),
    )
    return folded("\n".join(str(part) for part in (*parts, *tags) if part is not None))


class RowAddress(Protocol):
    """The addresses of a trace and of its pin."""

    def trace(self) -> str: ...

    def pin(self) -> str: ...


def row_of(
    entry: Entry, links: RowAddress, process: str, found: tuple[FoundPart, ...] = ()
) -> TraceRow:
    """``process`` is empty where all are of the same one."""
    trace = entry.summary
    return TraceRow(
        trace=trace,
        url=links.trace(),
        pin_url=links.pin(),
        is_pinned="pinned" in entry.kept_for,
        kept_for=(*imported_badge(trace), *badges_of(entry.kept_for)),
        process=process,
        share=entry.share,
        hints=entry.digest,
        found=found,
    )


# Looking for words as they stand on a page: in any case, and cut off with an ellipsis.
#
# Every word has to be found somewhere, so the time is linear in what is searched.

SEARCHED_SQL = 4_000
"""Characters of a statement: as many as its line in a list is made of."""


def words_of(text: str) -> tuple[str, ...]:
    """Each once. An ellipsis stands for what a page leaves out, and is no word."""
    words = (word.strip("…") for word in text.casefold().split())
    return tuple(dict.fromkeys(filter(None, words)))


def has_all(words: Iterable[str], text: str) -> bool:
    searched = folded(text)
    return all(word in searched for word in words)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    return text.casefold()


# The sort orders as the options of a select, for lists without a head to click on.

# Upwards, downwards.
_TIMES = ("oldest first", "newest first")
_TEXTS = ("A to Z", "Z to A")
_NUMBERS = ("smallest first", "largest first")


def sort_choices(columns: Iterable[tuple[str, str]], chosen: str, usual: str) -> tuple[Choice, ...]:
    """Return the options for titles and their first sort; the ``usual`` one has no value.

    Another order is offered where it is ``chosen`` already.
    """
    return tuple(_choices(columns, chosen, usual))


def _choices(columns: Iterable[tuple[str, str]], chosen: str, usual: str) -> Iterator[Choice]:
    for title, first_sort in columns:
        key = first_sort.removeprefix("-")
        turned = key if first_sort.startswith("-") else f"-{key}"
        for sort in (first_sort, turned):
            if sort in (first_sort, chosen):
                yield Choice(
                    value="" if sort == usual else sort,
                    label=f"{title}, {_order(first_sort, is_down=sort.startswith('-'))}",
                    is_chosen=sort == chosen,
                )


def _order(first_sort: str, *, is_down: bool) -> str:
    if first_sort == "-time":
        return _TIMES[is_down]
    return (_NUMBERS if first_sort.startswith("-") else _TEXTS)[is_down]
