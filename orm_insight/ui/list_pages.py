"""The list of traces: its table, its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.ui.contexts import KeptBadge


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
class TraceRow:
    """One trace in the list. ``hints`` is ``None`` while it was not analysed yet.

    ``process`` is empty where all traces are of the same one, ``found`` where all of a trace is
    asked for.
    """

    id: str
    url: str
    pin_url: str
    is_pinned: bool
    kept_for: tuple[KeptBadge, ...]
    process: str
    started_at: str
    started_iso: str
    kind: str
    is_deep: bool
    method: str
    name: str
    view: str
    status: str
    is_failure: bool
    duration: str
    queries: str
    query_time: str
    share: float
    share_text: str
    hints: HintDigest | None
    error: str
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
