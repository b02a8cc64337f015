"""Turns a report into what the panel shows: hints first, then the lines that issue queries.

Bounded: the costliest lines, and of each statement the slowest executions. The dashboard has
the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.report import Report
from orm_insight.explain.base import Explanation
from orm_insight.explanations import KeptExplanation
from orm_insight.model.trace import CallSite, Query, Trace
from orm_insight.panel.contexts import Line, PanelContent, PanelPlan, Run, Statement
from orm_insight.panel.links import PanelLinks
from orm_insight.ui.contexts import Fact
from orm_insight.ui.format import count, counted, cut, duration, percent, queries
from orm_insight.ui.hints import hint_cards, silence_note
from orm_insight.ui.plan_contexts import TryForm
from orm_insight.ui.plans import explain_result
from orm_insight.ui.queries import query_detail
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block
from orm_insight.ui.values import parameters

MAX_HINTS = 12
MAX_LINES = 25
MAX_STATEMENTS = 8
MAX_RUNS = 5
_MAX_PARAMETERS = 140


def panel_content(
    report: Report, links: PanelLinks, *, stylesheet: str, signed: str
) -> PanelContent:
    sources = Sources(report.trace)
    lines = _by_site(report.groups)
    return PanelContent(
        stylesheet=stylesheet,
        facts=tuple(_facts(report)),
        hints=hint_cards(report, links, sources)[:MAX_HINTS],
        more_hints=_more(len(report.hints) - MAX_HINTS, "hint", "of less saving"),
        no_hints=_no_hints(report),
        silence=silence_note(report),
        lines=tuple(_line(groups, report, links, sources) for groups in lines[:MAX_LINES]),
        more=_more(len(lines) - MAX_LINES, "line", "of less time"),
        signed=signed,
        full_url=links.trace(),
        depth_url=None if report.trace.is_deep else links.depth(),
    )


def panel_plan(
    explanation: Explanation,
    trace: Trace,
    links: PanelLinks,
    *,
    stylesheet: str,
    signed: str,
    kept: Sequence[KeptExplanation] = (),
) -> PanelPlan:
    query = explanation.query
    action = links.explain(query.index)
    form = TryForm(action=action or "", token_name="signed", token=signed, is_remote=True)
    return PanelPlan(
        stylesheet=stylesheet,
        result=explain_result(explanation, links, form=form if action else None, kept=kept),
        query=query_detail(query, links, Sources(trace)),
        explain_url=action,
        signed=signed,
    )


def _more(left: int, noun: str, which: str) -> str:
    return f"{counted(left, noun)} more, {which}." if left > 0 else ""


def _no_hints(report: Report) -> str:
    if report.silenced:
        return "No hints but silenced ones."
    return "No hints: nothing on this page is known to be wasteful."


def _facts(report: Report) -> Iterable[Fact]:
    yield Fact(label="Queries", value=count(report.query_count))
    yield Fact(
        label="In the database",
        value=duration(report.query_ms),
        note=f"{percent(report.share)} of {duration(report.trace.duration_ms)}",
        bar=report.share,
    )
    if report.duplicates:
        yield Fact(
            label="Duplicates", value=count(report.duplicates), note="same statement, same values"
        )
    if report.trace.dropped:
        yield Fact(
            label="Not kept", value=count(report.trace.dropped), note="above the limit of a trace"
        )


def _by_site(groups: Iterable[QueryGroup]) -> list[list[QueryGroup]]:
    """The groups of each line, costliest line first."""
    lines: dict[CallSite | None, list[QueryGroup]] = {}
    for group in groups:
        lines.setdefault(group.site, []).append(group)
    return sorted(lines.values(), key=lambda line: -sum(group.total_ms for group in line))


def _line(groups: list[QueryGroup], report: Report, links: PanelLinks, sources: Sources) -> Line:
    site = groups[0].site
    total_ms = sum(group.total_ms for group in groups)
    duplicates = sum(group.duplicates for group in groups)
    whole = report.trace.duration_ms
    share = min(total_ms / whole, 1.0) if whole else 0.0
    shown = groups[:MAX_STATEMENTS]
    runs = max(MAX_RUNS // len(shown), 1)
    return Line(
        place=sources.place(site) if site else None,
        count=count(sum(group.count for group in groups)),
        total=duration(total_ms),
        share=share,
        share_text=percent(share),
        duplicates=counted(duplicates, "duplicate") if duplicates else "",
        codes=tuple(sorted({h.code for h in report.hints if site and site in (h.site, *h.sites)})),
        statements=tuple(_statement(group, runs, links) for group in shown),
        more=_more(len(groups) - len(shown), "statement", "of less time"),
    )


def _statement(group: QueryGroup, limit: int, links: PanelLinks) -> Statement:
    slowest = sorted(group.queries, key=lambda query: -query.duration_ms)[:limit]
    left = group.count - len(slowest)
    return Statement(
        sql=sql_block(group.queries[0].sql if group.queries else group.fingerprint),
        count=queries(group.count),
        total=duration(group.total_ms),
        average=f"{duration(group.average_ms)} each" if group.count > 1 else "",
        duplicates=counted(group.duplicates, "duplicate") if group.duplicates else "",
        alias=group.alias if group.alias != "default" else None,
        runs=tuple(_run(query, links) for query in slowest),
        more=f"{count(left)} more" if left > 0 else "",
    )


def _run(query: Query, links: PanelLinks) -> Run:
    values = ", ".join(parameter.text for parameter in parameters(query.params))
    return Run(
        index=query.index,
        duration=duration(query.duration_ms),
        rows="" if query.rows is None else counted(query.rows, "row"),
        parameters=cut(values, _MAX_PARAMETERS),
        error=cut(query.error or "", _MAX_PARAMETERS),
        explain_url=links.explain(query.index),
        url=links.query(query.index),
    )
