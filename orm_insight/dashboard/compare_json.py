"""A comparison as JSON-native values, every group in it."""

from __future__ import annotations

from typing import Any

from orm_insight.analysis.comparison import Comparison
from orm_insight.analysis.group_pairs import Change, GroupPair, Numbered
from orm_insight.analysis.report import Report
from orm_insight.analysis.serialization import hint_to_dict
from orm_insight.dashboard.links import TraceLinks
from orm_insight.ui.verdict import differences, verdict


def comparison_json(compared: Comparison) -> dict[str, Any]:
    return {
        "version": 1,
        "before": _trace(compared.before),
        "after": _trace(compared.after),
        "same_endpoint": compared.is_same_endpoint,
        "verdict": verdict(compared),
        "notices": list(differences(compared)),
        "queries": _change(compared.queries),
        "query_ms": _change(compared.database_ms),
        "duration_ms": _change(compared.duration_ms),
        "hints": {
            **_change(compared.hints),
            "gone": [hint_to_dict(hint) for hint in compared.gone],
            "new": [hint_to_dict(hint) for hint in compared.new],
            "kept": [hint_to_dict(hint) for hint in compared.kept],
        },
        "groups": [_pair(pair) for pair in compared.pairs],
    }


def _trace(report: Report) -> dict[str, Any]:
    trace = report.trace
    return {
        "id": trace.id,
        "name": trace.name,
        "kind": trace.kind,
        "status": trace.status,
        "started_at": trace.started_at.isoformat(),
        "dropped": trace.dropped,
        "url": TraceLinks(trace.id).json(),
    }


def _change(change: Change) -> dict[str, float]:
    return {
        "before": change.before,
        "after": change.after,
        "difference": change.difference,
    }


def _pair(pair: GroupPair) -> dict[str, Any]:
    return {
        "kind": str(pair.kind),
        "alias": pair.group.alias,
        "before": _side(pair.before),
        "after": _side(pair.after),
    }


def _side(side: Numbered | None) -> dict[str, Any] | None:
    """``group`` is its number in the trace's JSON, from 0."""
    if side is None:
        return None
    group, site = side.group, side.group.site
    return {
        "group": side.number,
        "count": group.count,
        "total_ms": group.total_ms,
        "fingerprint": group.fingerprint,
        "file": site.file if site else None,
        "line": site.line if site else None,
        "function": site.function if site else None,
    }
