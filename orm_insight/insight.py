"""The façade: recent traces, the report of one, EXPLAIN of a query, the state of capture.

Every page goes through here; only here core, settings and store meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orm_insight import faults
from orm_insight.capture import provenance
from orm_insight.capture.active import paused
from orm_insight.conf import get_config
from orm_insight.explain.base import NOT_RUN_HERE, Explanation, Outcome
from orm_insight.explain.history import KeptExplanation
from orm_insight.explain.runner import explain as explain_query
from orm_insight.hints.statements import cause_of
from orm_insight.model.trace import Query, Trace
from orm_insight.pipeline import keep, reset
from orm_insight.pipeline.reports import explanations, report_of
from orm_insight.pipeline.reports import reset as forget_reports
from orm_insight.project.schema import read_schema
from orm_insight.recording.control import (
    StoreSilentError,
    forget_deep,
    pause,
    record_deep_next,
    resume,
    takes_deep,
)
from orm_insight.recording.policy import is_recording, redaction, waits_for_deep
from orm_insight.reports.report import Report
from orm_insight.stores import listed, pin, recent, store, trace, traces
from orm_insight.stores.base import StoreStatistics

__all__ = [
    "Status",
    "clear",
    "explain",
    "forget_deep",
    "is_recording",
    "keep",
    "kept_explanations",
    "listed",
    "pause",
    "pin",
    "plan_of",
    "plans_of",
    "recent",
    "record_deep_next",
    "redaction",
    "report",
    "report_of",
    "reset",
    "resume",
    "status",
    "store",
    "takes_deep",
    "trace",
    "traces",
    "waits_for_deep",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of capture in this process."""

    is_recording: bool
    faults: Mapping[str, int]
    missing_hooks: tuple[str, ...]
    statistics: StoreStatistics


def clear() -> None:
    """Forget all traces that are not pinned, and the plans that were made of them.

    Raises ``StoreSilentError`` where the store does not answer; then nothing is forgotten.
    """
    if not store().clear():
        raise StoreSilentError
    forget_reports()


def report(trace_id: str) -> Report | None:
    """The report of a trace of the ring; ``None`` if the trace is not there any more."""
    found = trace(trace_id)
    return None if found is None else report_of(found)


def explain(
    trace_id: str, index: int, *, analyze: bool, try_index: str | None = None
) -> Explanation | None:
    """EXPLAIN one captured query; ``None`` where there is no such trace or query.

    ``try_index`` is the ``id`` of an index that an explanation has advised: it is created, tried
    and rolled back, with ``DEBUG`` only.
    """
    found = trace(trace_id)
    if found is None or not 0 <= index < len(found.queries):
        return None
    query = found.queries[index]
    if not get_config().explain_enabled:
        return _refused(query, 'EXPLAIN is switched off: ORM_INSIGHT["EXPLAIN_ENABLED"] is False.')
    if try_index is not None and not get_config().may_try_indexes:
        return _refused(query, "Trying an index requires DEBUG.")
    return _explain(found, query, analyze=analyze, try_index=try_index)


def _refused(query: Query, why: str) -> Explanation:
    return Explanation(query=query, outcome=Outcome.REFUSED, vendor=query.vendor, error=why)


def _explain(
    trace: Trace, query: Query, *, analyze: bool, try_index: str | None = None
) -> Explanation:
    """The only way to the database: a statement of an imported trace never gets there."""
    if trace.is_imported:
        return _refused(query, NOT_RUN_HERE)
    config, schema = get_config(), read_schema()
    with paused():
        explanation = explain_query(
            query,
            analyze=analyze,
            timeout_ms=config.explain_timeout_ms,
            lock_timeout_ms=config.explain_lock_timeout_ms,
            schema=schema,
            try_index=try_index,
        )
    explanation = replace(
        explanation,
        can_try=config.may_try_indexes,
        notice=cause_of(query, schema, config.slow_query_ms) or explanation.notice,
    )
    explanations.keep(
        KeptExplanation(explanation=explanation, at=datetime.now(UTC), trace_id=trace.id)
    )
    return explanation


def kept_explanations(query: Query) -> tuple[KeptExplanation, ...]:
    """The plans made in this process of the same statement, of any trace, newest first."""
    return explanations.of(query)


def plans_of(trace_id: str) -> dict[int, KeptExplanation]:
    """The newest plan of each query of this trace that has one, by the query's index."""
    return {kept.query.index: kept for kept in reversed(explanations.of_trace(trace_id))}


def plan_of(trace_id: str, index: int) -> KeptExplanation | None:
    """The newest plan of exactly this query."""
    return plans_of(trace_id).get(index)


def status() -> Status:
    return Status(
        is_recording=is_recording(),
        faults=faults.counts(),
        missing_hooks=provenance.missing_hooks(),
        statistics=store().statistics,
    )
