"""Puts the page of one hint together, and the same as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from orm_insight import insight
from orm_insight.analysis.problems import Identity
from orm_insight.analysis.report import Report
from orm_insight.analysis.serialization import hint_to_dict
from orm_insight.conf import get_config
from orm_insight.dashboard.documentation import about_url
from orm_insight.dashboard.links import TraceLinks
from orm_insight.dashboard.responses import shell_of
from orm_insight.ui.diffs import diff_of
from orm_insight.ui.hint_contexts import HintPage
from orm_insight.ui.hint_detail import hint_detail
from orm_insight.ui.paths import display_path
from orm_insight.ui.source import Sources
from orm_insight.ui.traces import header_of


def find_hint(report: Report, problem_id: str) -> int | None:
    """The number of the first hint of a report that is about this problem."""
    for number, hint in enumerate(report.hints):
        if Identity.of(hint).id == problem_id:
            return number
    return None


def why_gone(report: Report, problem_id: str) -> str:
    """What has become of a hint that was there when the address was made."""
    for entry in report.silenced:
        if Identity.of(entry.hint).id == problem_id:
            by = [f"{display_path(c.file)}:{c.line}" for c in entry.comments]
            return f"It is silenced by {', '.join(by) or f'IGNORE: {entry.pattern}'}."
    return (
        "This trace has no such hint, or has it no more: the settings, or the version of "
        "orm_insight, may have changed since the address was made."
    )


def hint_page(request: HttpRequest, report: Report, number: int) -> HintPage:
    hint, trace = report.hints[number], report.trace
    shell, links, identity = shell_of(request), TraceLinks.of(trace), Identity.of(hint).id
    return HintPage(
        shell=shell,
        trace=header_of(trace, links.trace()),
        hint=hint_detail(
            number,
            report,
            links,
            Sources(trace),
            about_url=about_url(hint.code),
            csrf_token=shell.csrf_token if get_config().explain_enabled else None,
        ),
        problem_url=links.problem(identity),
        json_url=links.hint_json(identity),
        markdown_url=links.hint_markdown(identity),
    )


def hint_json(report: Report, number: int) -> dict[str, Any]:
    hint, links = report.hints[number], TraceLinks(report.trace.id)
    identity = Identity.of(hint).id
    diff = diff_of(hint, report, Sources(report.trace))
    return {
        "version": 1,
        "problem": insight.store().problem,
        "id": identity,
        "trace": report.trace.id,
        **hint_to_dict(hint),
        "queries": [query.index for query in hint.queries],
        "saving": {"queries": hint.saving.queries, "ms": hint.saving.ms},
        "diff": diff.text if diff else None,
        "is_whole": diff.is_whole if diff else None,
        "url": links.hint_page(identity),
    }
