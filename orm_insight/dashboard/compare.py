"""The comparison of two traces, as a page and as JSON, and the choice of traces to compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks, comparison_url
from orm_insight.dashboard.responses import (
    answer,
    answer_json,
    fields_of,
    gone,
    no_trace,
    shell_of,
    wants_json,
)
from orm_insight.dashboard.state import why_trace_is_gone
from orm_insight.model.summary import TraceSummary, summary_of
from orm_insight.model.trace import Trace
from orm_insight.reports.comparison import Change, Comparison, GroupPair, Numbered, compare
from orm_insight.reports.report import Report, hint_to_dict
from orm_insight.stores.base import Listed
from orm_insight.ui.comparison import (
    HINTS,
    ChoiceForm,
    ComparedRows,
    ComparisonChoicePage,
    ComparisonPage,
    compared_hints,
    differences,
    figures,
    verdict,
)
from orm_insight.ui.components import Choice
from orm_insight.ui.format import age, counted, cut, duration, queries
from orm_insight.ui.pages import TraceHeader, TraceLink
from orm_insight.ui.source import Sources

OFFERED = 50


@access.page
@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Compare the traces ``before`` and ``after``; with only one of them, offer others."""
    first, second = request.GET.get("before", ""), request.GET.get("after", "")
    before, after = _report(first), _report(second)
    lost = [
        name
        for name, asked, found in (("before", first, before), ("after", second, after))
        if asked and found is None
    ]
    if lost:
        return _lost(request, lost, after or before)
    chosen = after or before
    if chosen is None:
        return _asks_for_nothing(request)
    if before is None or after is None or before.trace.id == after.trace.id:
        return _alone(request, chosen, is_twice=before is not None and after is not None)
    compared = compare(before, after)
    if wants_json(request):
        return answer_json({**comparison_json(compared), "problem": insight.store().problem})
    return answer(_page(request, compared))


def _report(trace_id: str) -> Report | None:
    return insight.report(trace_id) if trace_id else None


def _asks_for_nothing(request: HttpRequest) -> HttpResponse:
    message = (
        "The address names no traces. Open the trace of a page that was recorded more than once, "
        "and press “Compare with previous”."
    )
    return gone(request, "Compare which traces?", message)


def _lost(request: HttpRequest, lost: Sequence[str], left: Report | None) -> HttpResponse:
    """Say which traces are gone. One that is left is offered others to compare with."""
    if not insight.store().is_answering:
        return no_trace(request)
    reason = why_trace_is_gone(request)
    if left is None or len(lost) > 1 or wants_json(request):
        which = " and ".join(f"“{name}”" for name in lost)
        title = f"The traces {which} are gone" if len(lost) > 1 else f"The trace {which} is gone"
        message = f"{title}. {reason}" if wants_json(request) else reason
        return gone(request, title, message)
    title = f"The trace “{lost[0]}” is gone"
    return answer(_choice_page(request, left.trace, title, reason), status=404)


def _alone(request: HttpRequest, chosen: Report, *, is_twice: bool) -> HttpResponse:
    """Offer other traces, because only one is given, or the same twice."""
    title = "This is the same trace twice" if is_twice else "Compare with which trace?"
    message = "A trace cannot be compared with itself. " if is_twice else ""
    if wants_json(request):
        return answer_json({"error": f"{title}: pass two of them as before and after."}, status=400)
    return answer(_choice_page(request, chosen.trace, title, message))


def _choice_page(
    request: HttpRequest, trace: Trace, title: str, message: str
) -> ComparisonChoicePage:
    others = list(_others(trace, insight.listed()))
    again = "Open the page again" if trace.kind == "request" else "Run it again"
    advice = (
        "There is no other trace of this endpoint. "
        f"{again}, before or after you change the code, and compare then."
    )
    return ComparisonChoicePage(
        shell=shell_of(request),
        trace=TraceHeader(trace=trace, url=TraceLinks(trace.id).trace()),
        title=title,
        message=message,
        advice="" if others else advice,
        form=_form(trace, others, None) if others else None,
    )


def _page(request: HttpRequest, compared: Comparison) -> ComparisonPage:
    before, after = compared.before.trace, compared.after.trace
    old, new = TraceLinks.of(before), TraceLinks.of(after)
    rows = ComparedRows(compared, old, new)
    return ComparisonPage(
        shell=shell_of(request),
        before=TraceHeader(trace=before, url=old.trace()),
        after=TraceHeader(trace=after, url=new.trace()),
        verdict=verdict(compared),
        notices=tuple(differences(compared)),
        figures=tuple(figures(compared)),
        gone=compared_hints(compared.gone, old, Sources(before)),
        new=compared_hints(compared.new, new, Sources(after)),
        more_hints=_more_hints(compared),
        sections=tuple(rows.sections()),
        unchanged=rows.unchanged(),
        form=_form(after, list(_others(after, insight.listed())), before),
        swap_url=comparison_url(after.id, before.id),
        json_url=comparison_url(before.id, after.id, name="compare-json"),
    )


def _more_hints(compared: Comparison) -> str:
    left = sum(max(len(hints) - HINTS, 0) for hints in (compared.gone, compared.new))
    parts = [f"{counted(left, 'hint')} more, with smaller savings."] if left else []
    if compared.kept:
        parts.append(f"{counted(len(compared.kept), 'hint')} in both traces.")
    return " ".join(parts)


def _others(trace: Trace, listed: Sequence[Listed]) -> Iterator[TraceSummary]:
    """The other traces of the same endpoint, newest first."""
    endpoint = trace.endpoint
    found = (each.summary for each in listed if each.summary.id != trace.id)
    yield from sorted(
        (each for each in found if each.endpoint == endpoint),
        key=lambda each: each.started_at,
        reverse=True,
    )


def _form(trace: Trace, others: Sequence[TraceSummary], chosen: Trace | None) -> ChoiceForm:
    offered = list(others[:OFFERED])
    if chosen is not None and chosen.id not in {each.id for each in offered}:
        offered.insert(0, summary_of(chosen))
    left = len(others) - OFFERED
    return ChoiceForm(
        url=comparison_url(),
        after=trace.id,
        choices=tuple(
            Choice(
                value=each.id,
                label=_label(each, trace),
                is_chosen=chosen is not None and each.id == chosen.id,
            )
            for each in offered
        ),
        note=f"The newest {OFFERED} of {len(others):,}." if left > 0 else "",
    )


def _label(each: TraceSummary, other: Trace) -> str:
    """Time, queries and duration, and the path if it differs.

    The time is relative, because scripts cannot convert the text of an option to the local zone.
    """
    apart = other.started_at - each.started_at
    when = f"{age(abs(apart))} {'earlier' if apart > timedelta() else 'later'}"
    parts = [when, queries(each.queries), duration(each.duration_ms)]
    if each.status != other.status and each.status is not None:
        parts.append(str(each.status))
    if (each.path or each.name) != (other.path or other.name):
        parts.append(cut(each.path or each.name, 60))
    return " · ".join(parts)


def comparisons_of(trace: Trace, listed: Sequence[Listed]) -> Iterator[TraceLink]:
    """Links that compare a trace with the previous one and with the newest."""
    others = list(_others(trace, listed))
    older = next((each for each in others if each.started_at < trace.started_at), None)
    if older is not None:
        url = comparison_url(older.id, trace.id)
        yield TraceLink(name="Compare with previous", url=url)
    if others and others[0].started_at > trace.started_at:
        url = comparison_url(trace.id, others[0].id)
        yield TraceLink(name="Compare with newest", url=url)


# The comparison as JSON, with all groups.


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
            "gone": list(map(hint_to_dict, compared.gone)),
            "new": list(map(hint_to_dict, compared.new)),
            "kept": list(map(hint_to_dict, compared.kept)),
        },
        "groups": [_pair(pair) for pair in compared.pairs],
    }


def _trace(report: Report) -> dict[str, Any]:
    trace = report.trace
    return {
        **fields_of(trace, "id", "name", "kind", "status"),
        "started_at": trace.started_at.isoformat(),
        "dropped": trace.dropped,
        "url": TraceLinks(trace.id).json(),
    }


def _change(change: Change) -> dict[str, float]:
    return fields_of(change, "before", "after", "difference")


def _pair(pair: GroupPair) -> dict[str, Any]:
    return {
        "kind": str(pair.kind),
        "alias": pair.group.alias,
        "before": _side(pair.before),
        "after": _side(pair.after),
    }


def _side(side: Numbered | None) -> dict[str, Any] | None:
    """One side. ``group`` is the index in the trace's JSON."""
    if side is None:
        return None
    group, site = side.group, side.group.site
    return {
        "group": side.number,
        **fields_of(group, "count", "total_ms", "fingerprint"),
        **{name: getattr(site, name, None) for name in ("file", "line", "function")},
    }
