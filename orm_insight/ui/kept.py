"""Why a trace is still there, as badges and as the words of a filter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import pairwise

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.stores.base import KeptFor
from orm_insight.ui.contexts import KeptBadge
from orm_insight.ui.format import ago

# What a person has asked for first. The newest are there anyway: that is worth no badge.
REASONS: dict[KeptFor, str] = {
    "pinned": "Stays until it is unpinned.",
    "slowest": "The slowest of its endpoint in the last hours stays beside the newest.",
    "most queries": "The one with most queries of its endpoint stays beside the newest.",
    "most repeats": "The one that repeats most statements of its endpoint stays beside the newest.",
}


def badges_of(kept_for: Collection[KeptFor]) -> tuple[KeptBadge, ...]:
    return tuple(
        KeptBadge(label=reason, title=title)
        for reason, title in REASONS.items()
        if reason in kept_for
    )


def imported_badge(trace: Trace | TraceSummary) -> tuple[KeptBadge, ...]:
    """What tells a trace that somebody has sent from those recorded here."""
    if trace.imported_at is None:
        return ()
    title = (
        f"Came from a file {ago(trace.imported_at)}: its statements are never run, "
        "and its files never read here."
    )
    return (KeptBadge(label="imported", title=title),)


def word_of(reason: KeptFor) -> str:
    """As it stands in an address."""
    return reason.replace(" ", "-")


def reason_of(word: str) -> KeptFor | None:
    """What makes no sense is no reason."""
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
    """What tells its process from the others: nothing, the number, or the machine as well."""
    if len(places) < 2:
        return ""
    return process_name(trace.host if len({host for host, _ in places}) > 1 else "", trace.pid)


def process_name(host: str, pid: int) -> str:
    process = f"process {pid}" if pid else ""
    return ", ".join(part for part in (host, process) if part)
