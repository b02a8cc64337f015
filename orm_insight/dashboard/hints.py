"""One hint as a page, as JSON and as Markdown, and the documents about hints."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.responses import (
    HEADERS,
    answer,
    answer_json,
    gone,
    of_report,
    shell_of,
    wants_json,
)
from orm_insight.reports.problems import Identity
from orm_insight.reports.report import Report, hint_to_dict
from orm_insight.ui.format import display_path
from orm_insight.ui.hint_markdown import HintSources, hint_markdown
from orm_insight.ui.hints import AboutPage, HintPage, diff_of, hint_detail
from orm_insight.ui.markdown import markup_of, title_of
from orm_insight.ui.pages import TraceHeader
from orm_insight.ui.source import Sources


def find_hint(report: Report, problem_id: str) -> int | None:
    """The number of the report's first hint about this problem."""
    for number, hint in enumerate(report.hints):
        if Identity.of(hint).id == problem_id:
            return number
    return None


def why_gone(report: Report, problem_id: str) -> str:
    """Explain why a hint is no longer in the report."""
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


# The documents about hints: one for each code, and an index.

_PACKAGE = Path(__file__).resolve().parent.parent
# In the package where it is installed; next to the package in a checkout.
_FOLDERS = (_PACKAGE / "docs" / "hints", _PACKAGE.parent / "docs" / "hints")
_INDEX = "README"
_CODE = re.compile(r"ORM\d{3}")
_DOCUMENT = re.compile(rf"(?:\./)?({_CODE.pattern}|{_INDEX})\.md(#[\w-]*)?")


@cache
def documents() -> dict[str, str]:
    """The texts by code, with the index. No other file can be requested."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in (sorted(folder.glob("*.md")) if folder else ())
        if path.stem == _INDEX or _CODE.fullmatch(path.stem)
    }


def about_url(code: str) -> str | None:
    """The address of the document about a code, if there is one."""
    return address("about", code) if code in documents() else None


def about_page(request: HttpRequest, code: str | None = None) -> AboutPage | None:
    """The document about a code, or the index; ``None`` if there is none."""
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
    """Resolve links to other documents and to Django's documentation."""
    if target.startswith("https://"):
        return target
    found = _DOCUMENT.fullmatch(target)
    if found is None or found[1] not in documents():
        return None
    return address("about-all") if found[1] == _INDEX else address("about", found[1])


# Views.

HintView = Callable[[HttpRequest, Report, int], HttpResponse]


def _of_hint(view: HintView) -> Callable[..., HttpResponse]:
    """Pass the report and the number of the hint in the address, or answer that it is gone."""

    @of_report
    @wraps(view)
    def inner(request: HttpRequest, report: Report, problem_id: str) -> HttpResponse:
        number = find_hint(report, problem_id)
        if number is None:
            return gone(request, "No such hint", why_gone(report, problem_id))
        return view(request, report, number)

    return inner


@access.page
@require_safe
@_of_hint
def hint(request: HttpRequest, report: Report, number: int) -> HttpResponse:
    if wants_json(request):
        return answer_json(hint_json(report, number))
    return answer(hint_page(request, report, number))


@access.page
@require_safe
@_of_hint
def hint_as_text(request: HttpRequest, report: Report, number: int) -> HttpResponse:
    trace, sources = report.trace, Sources(report.trace)
    links = TraceLinks(trace.id)
    detail = hint_detail(number, report, links, sources, about_url=None, csrf_token=None)
    found = HintSources(hint=report.hints[number], detail=detail, trace=trace, sources=sources)
    # Some browsers download Markdown that is opened as a page; none downloads plain text.
    is_opened = request.headers.get("Sec-Fetch-Dest") == "document"
    kind = "text/plain" if is_opened else "text/markdown"
    return HttpResponse(
        hint_markdown(found), content_type=f"{kind}; charset=utf-8", headers=HEADERS
    )


@access.page
@require_safe
def about(request: HttpRequest, code: str | None = None) -> HttpResponse:
    found = about_page(request, code)
    if found is None:
        return gone(request, "No such hint", "There is no documentation for this hint code.")
    return answer(found)
