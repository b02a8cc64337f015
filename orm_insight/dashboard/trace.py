"""The pages of one trace, made from its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard import access
from orm_insight.dashboard.compare import comparisons_of
from orm_insight.dashboard.exchange import exports
from orm_insight.dashboard.links import TraceLinks, span_url
from orm_insight.dashboard.responses import (
    answer_json,
    fields_of,
    no_trace,
    refused,
    see,
    shell_of,
    wants_json,
)
from orm_insight.dashboard.state import only_process
from orm_insight.dashboard.trace_filters import TraceFilters
from orm_insight.dashboard.traces import kept_json
from orm_insight.django_code import find_code
from orm_insight.explain.base import Explanation
from orm_insight.explain.history import KeptExplanation
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Query, SpanReference
from orm_insight.reports.report import Report
from orm_insight.stores.base import PinOutcome
from orm_insight.stores.retention import MAX_PINNED
from orm_insight.ui.components import Depth, DjangoCode, Fact, Groups, Queries, QueryDetail
from orm_insight.ui.format import count, counted, cut, duration, percent, queries
from orm_insight.ui.hints import hint_cards, silence_note
from orm_insight.ui.pages import (
    GroupsPage,
    QueriesPage,
    QueryPage,
    TraceHeader,
    TraceLink,
    TracePage,
    Whereabouts,
)
from orm_insight.ui.plan_components import ExplainResult, TryForm
from orm_insight.ui.plans import explain_result
from orm_insight.ui.queries import groups, leading_groups, query_detail, query_rows, rows_of
from orm_insight.ui.source import Sources
from orm_insight.ui.traces import badges_of, imported_badge, process_name
from orm_insight.ui.waterfall import time_spent


class TracePages:
    """The pages of one report for one request."""

    def __init__(self, request: HttpRequest, report: Report) -> None:
        self.request = request
        self.report = report
        self.links = TraceLinks.of(report.trace)
        self.sources = Sources(report.trace)
        self.header = TraceHeader(
            trace=report.trace, url=self.links.trace(), span_url=span_url(report.trace.span)
        )

    def trace(self) -> TracePage:
        return TracePage(
            shell=shell_of(self.request),
            trace=self.header,
            facts=tuple(_facts(self.report)),
            warnings=tuple(_warnings(self.report)),
            hints=hint_cards(self.report, self.links, self.sources),
            no_hints=_no_hints(self.report),
            silence=silence_note(self.report),
            groups=leading_groups(self.report, self.links, self.sources),
            time=time_spent(self.report, self.links, self.sources),
            queries=self._in_order(offset=0),
            exports=exports(self.links),
            depth=self._depth(),
            whereabouts=self._whereabouts(),
            comparisons=tuple(comparisons_of(self.report.trace, insight.listed())),
        )

    def _whereabouts(self) -> Whereabouts:
        trace = self.report.trace
        listed = {each.summary.id: each for each in insight.listed()}
        kept_for = listed[trace.id].kept_for if trace.id in listed else frozenset()
        before = listed.get(trace.follows or "")
        around = listed.get(trace.part_of or "")
        return Whereabouts(
            kept_for=(*imported_badge(trace), *badges_of(kept_for)),
            is_pinned="pinned" in kept_for,
            pin_url=self.links.pin(),
            process=process_name(trace.host, trace.pid),
            follows=_link_to(before.summary) if before else None,
            part_of=_link_to(around.summary) if around else None,
            follows_is_gone=trace.follows is not None and before is None,
            followers=tuple(
                _link_to(each.summary)
                for each in listed.values()
                if each.summary.follows == trace.id
            ),
        )

    def _depth(self) -> Depth:
        trace = self.report.trace
        return Depth(
            is_deep=trace.is_deep,
            path=trace.path,
            method=trace.method or "",
            is_waiting=trace.path is not None and insight.waits_for_deep(trace.path),
            is_shared=insight.store().is_shared,
            only_process=only_process(self.request),
            url=self.links.deep(),
        )

    def groups(self, *, offset: int) -> Groups:
        return groups(self.report, self.links, self.sources, offset=offset)

    def groups_page(self, *, offset: int) -> GroupsPage:
        chosen = self.groups(offset=offset)
        return GroupsPage(
            shell=shell_of(self.request),
            trace=self.header,
            title=counted(chosen.total, "group"),
            groups=chosen,
        )

    def queries(self, *, hint: int | None, group: int | None, offset: int) -> Queries | None:
        """All queries, or those of a hint or group; ``None`` if there is no such hint or group."""
        if hint is None and group is None:
            return self._in_order(offset=offset)
        of = self.report.hints if hint is not None else self.report.groups
        number = hint if hint is not None else group or 0
        if not 0 <= number < len(of):
            return None
        return rows_of(
            of[number].queries,
            self.report,
            self.links,
            self.sources,
            hint=hint,
            group=group,
            offset=offset,
            explained=insight.plans_of(self.report.trace.id),
        )

    def _in_order(self, *, offset: int) -> Queries:
        explained = insight.plans_of(self.report.trace.id)
        return query_rows(self.report, self.links, self.sources, offset=offset, explained=explained)

    def queries_page(self, chosen: Queries, *, hint: int | None, group: int | None) -> QueriesPage:
        title = queries(chosen.total)
        if hint is not None:
            title = f"{title} of a hint: {cut(self.report.hints[hint].title, 120)}"
        elif group is not None:
            title = f"{title} of one group"
        is_behind = bool(chosen.total and not chosen.rows)
        return QueriesPage(
            shell=shell_of(self.request),
            trace=self.header,
            title=title,
            queries=chosen,
            notice=f"There are only {queries(chosen.total)} here." if is_behind else "",
            back_url=self.links.queries(hint=hint, group=group) if is_behind else "",
            back="Show from the first query",
        )

    def no_queries(self, title: str, notice: str) -> QueriesPage:
        """Say that the trace has no such hint or group."""
        return QueriesPage(
            shell=shell_of(self.request),
            trace=self.header,
            title=title,
            queries=Queries(rows=(), total=0, more="", more_url=None),
            notice=notice,
            back_url=self.links.queries(),
            back="All queries of this trace",
        )

    def detail(self, query: Query, csrf_token: str) -> QueryDetail:
        can_explain = get_config().explain_enabled
        return query_detail(
            query,
            self.links,
            self.sources,
            csrf_token=csrf_token if can_explain else None,
            code=self._code(query),
        )

    def _code(self, query: Query) -> DjangoCode | None:
        if self.report.trace.is_imported:
            return None  # It would be run here, and is untrusted.
        found = find_code(query, self.report.schema, self.sources.unchanged_text)
        if found is None:
            return None
        where = "As written in the source" if found.is_written else "Derived from the SQL"
        return DjangoCode(
            text=found.text, note=f"{where}, and verified: it runs exactly this query."
        )

    def query_page(self, query: Query, explanation: Explanation | None = None) -> QueryPage:
        shell = shell_of(self.request)
        last = len(self.report.queries) - 1
        return QueryPage(
            shell=shell,
            trace=self.header,
            query=self.detail(query, shell.csrf_token),
            previous_url=self.links.query(query.index - 1) if query.index > 0 else None,
            next_url=self.links.query(query.index + 1) if query.index < last else None,
            result=self.result(explanation) if explanation else self.made(query),
        )

    def made(self, query: Query) -> ExplainResult | None:
        """The newest stored plan."""
        kept = insight.plan_of(self.report.trace.id, query.index)
        return None if kept is None else self.result(kept.explanation)

    def result(self, explanation: Explanation) -> ExplainResult:
        """The plan, with earlier plans of the same statement."""
        query = explanation.query
        action, token = self.links.explain(query.index), get_token(self.request)
        form = TryForm(action=action or "", token_name="csrfmiddlewaretoken", token=token)
        kept = insight.kept_explanations(query)
        return explain_result(explanation, self.links, form=form if action else None, kept=kept)


def _link_to(trace: TraceSummary) -> TraceLink:
    return TraceLink(name=cut(trace.name, 120), url=TraceLinks(trace.id).trace())


def _facts(report: Report) -> Iterator[Fact]:
    trace = report.trace
    yield Fact(label="Queries", value=count(report.query_count))
    yield Fact(
        label="In the database",
        value=duration(report.query_ms),
        note=f"{percent(report.share)} of the time",
        bar=report.share,
    )
    yield Fact(label="Total time", value=duration(trace.duration_ms))
    yield Fact(
        label="Duplicates",
        value=count(report.duplicates),
        note="exact duplicates" if report.duplicates else "",
    )


def _warnings(report: Report) -> Iterator[str]:
    # The store may have failed after the trace was read.
    if problem := insight.store().problem:
        yield problem
    if report.trace.dropped:
        yield (
            f"{queries(report.trace.dropped)} above the limit per trace: included in the counts "
            "and sums of their groups, but not kept individually."
        )


def _no_hints(report: Report) -> str:
    if not report.query_count:
        return "No queries were executed."
    if report.silenced:
        return "No hints other than ignored ones."
    return f"No hints: none of the {queries(report.query_count)} is known to be wasteful."


# The trace as JSON.


def trace_json(report: Report) -> dict[str, Any]:
    """The report with the plans of its queries and the problem of the store."""
    made = report.to_dict()
    trace, listed = report.trace, {each.summary.id: each for each in insight.listed()}
    made["trace"] |= {
        "span": _span(trace.span),
        **fields_of(trace, "host", "pid", "follows", "part_of"),
        "imported": trace.is_imported,
        **kept_json(listed[trace.id].kept_for if trace.id in listed else ()),
    }
    for index, kept in insight.plans_of(report.trace.id).items():
        made["queries"][index]["plan"] = _plan(kept)
    made["problem"] = insight.store().problem
    return made


def _span(span: SpanReference | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"trace_id": span.trace_id, "span_id": span.span_id, "url": span_url(span)}


def _plan(kept: KeptExplanation) -> dict[str, Any]:
    """A plan. ``origin`` stays for programs that know plans of older versions."""
    return {"at": kept.at.isoformat(), "origin": "asked", **explanation_to_dict(kept.explanation)}


# Pinned traces are kept until they are unpinned.

_MESSAGES = {
    PinOutcome.TOO_MANY: f"{MAX_PINNED} traces are already pinned: unpin one first.",
    PinOutcome.TOO_LARGE: (
        "Pinned traces may use half of MAX_BYTES, and this one does not fit: unpin another trace "
        "first, or raise MAX_BYTES."
    ),
    PinOutcome.UNREACHABLE: "The store does not answer: try again later.",
}
_STATUS = {PinOutcome.UNREACHABLE: 503}
_CONFLICT = 409


@access.page
@require_POST
def pin(request: HttpRequest, trace_id: str) -> HttpResponse:
    """Pin a trace, or with ``unpin`` unpin it.

    ``list`` is the query string of the list to return to. A redirect elsewhere is impossible.
    """
    is_pinned = "unpin" not in request.POST
    outcome = insight.pin(trace_id, is_pinned=is_pinned)
    if outcome is PinOutcome.GONE:
        return no_trace(request)
    if outcome is not PinOutcome.DONE:
        status = _STATUS.get(outcome, _CONFLICT)
        return refused(request, "Not pinned", _MESSAGES[outcome], status=status)
    if wants_json(request):
        return answer_json({"id": trace_id, "pinned": is_pinned})
    if "list" in request.POST:
        asked = TraceFilters.of(QueryDict(request.POST["list"]))
        return see(f"{asked.url(page=asked.page)}#t-{trace_id}")
    return see(TraceLinks(trace_id).trace())
