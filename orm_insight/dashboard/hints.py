"""Puts the page of one hint together, and the same as JSON."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.responses import HEADERS, gone, no_trace, shell_of
from orm_insight.reports.problems import Identity
from orm_insight.reports.report import Report, hint_to_dict
from orm_insight.ui.format import display_path
from orm_insight.ui.hint_markdown import HintSources, hint_markdown
from orm_insight.ui.hints import AboutPage, HintPage, diff_of, hint_detail
from orm_insight.ui.markdown import markup_of, title_of
from orm_insight.ui.pages import TraceHeader
from orm_insight.ui.source import Sources


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
            return f"It is ignored by {', '.join(by) or f'IGNORE: {entry.pattern}'}."
    return (
        "This trace does not have this hint, or no longer has it: the settings or the version of "
        "orm_insight may have changed since the link was created."
    )


def hint_page(request: HttpRequest, report: Report, number: int) -> HintPage:
    hint, trace = report.hints[number], report.trace
    shell, links, identity = shell_of(request), TraceLinks.of(trace), Identity.of(hint).id
    return HintPage(
        shell=shell,
        trace=TraceHeader(trace=trace, url=links.trace()),
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
    diff = diff_of(hint.change, hint, report, Sources(report.trace))
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


# The documents about hints that come with the package, one for each code, and their index.

_PACKAGE = Path(__file__).resolve().parent.parent
# Beside the code in what is installed, beside the package in a checkout.
_FOLDERS = (_PACKAGE / "docs" / "hints", _PACKAGE.parent / "docs" / "hints")
_INDEX = "README"
_CODE = re.compile(r"ORM\d{3}")
_DOCUMENT = re.compile(rf"(?:\./)?({_CODE.pattern}|{_INDEX})\.md(#[\w-]*)?")


@cache
def documents() -> dict[str, str]:
    """The texts by code, the index among them: nothing else can be asked for."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in (sorted(folder.glob("*.md")) if folder else ())
        if path.stem == _INDEX or _CODE.fullmatch(path.stem)
    }


def about_url(code: str) -> str | None:
    """Where the document of a code is shown, if there is one."""
    return address("about", code) if code in documents() else None


def about_page(request: HttpRequest, code: str | None = None) -> AboutPage | None:
    """The document of a code, or the index; ``None`` where there is none."""
    text = documents().get(code or _INDEX)
    if text is None or code == _INDEX:
        return None
    return AboutPage(
        shell=shell_of(request),
        title=title_of(text),
        text=markup_of(text, _resolve),
        index_url=address("about-all") if code and _INDEX in documents() else None,
    )


def _resolve(target: str) -> str | None:
    """Documents link to each other, and to Django's documentation."""
    if target.startswith("https://"):
        return target
    found = _DOCUMENT.fullmatch(target)
    if found is None or found[1] not in documents():
        return None
    return address("about-all") if found[1] == _INDEX else address("about", found[1])


# Answers with one hint as Markdown.


@access.page
@require_safe
def hint_as_text(request: HttpRequest, trace_id: str, problem_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    number = find_hint(report, problem_id)
    if number is None:
        return gone(request, "No such hint", why_gone(report, problem_id))
    trace, sources = report.trace, Sources(report.trace)
    links = TraceLinks(trace.id)
    detail = hint_detail(number, report, links, sources, about_url=None, csrf_token=None)
    hint = report.hints[number]
    text = hint_markdown(HintSources(hint=hint, detail=detail, trace=trace, sources=sources))
    return HttpResponse(text, content_type=f"{_kind(request)}; charset=utf-8", headers=HEADERS)


def _kind(request: HttpRequest) -> str:
    """Some browsers save Markdown that somebody wants to read, and none saves plain text."""
    is_opened = request.headers.get("Sec-Fetch-Dest") == "document"
    return "text/plain" if is_opened else "text/markdown"
