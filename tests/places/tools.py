"""Asks a project for a page, checks the hints, pastes their fixes and asks again."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from django.test import Client, override_settings

from orm_insight import insight
from orm_insight.model.fix import ClassBody, Code
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.reports.report import Report
from tests.places.pasting import fixed_project, patched_project

PLACES = Path(__file__).parent
Ask = Callable[[Client], Any]


def get(url: str, **extra: Any) -> Ask:
    return lambda client: client.get(url, **extra)


def visit(module: str, ask: Ask, client: Client | None = None) -> tuple[Report, bytes]:
    """The report of one request to a project, and what it has answered."""
    with override_settings(ROOT_URLCONF=module):
        insight.reset()
        response = ask(client or Client())
        content = b"".join(response) if response.streaming else response.content
        assert response.status_code in (200, 302), content.decode()[:2000]
        # The token against forged requests is another one each time.
        return insight.report_of(insight.recent()[0]), re.sub(rb"[A-Za-z0-9]{32,}", b"", content)


def described(hints: Any) -> list[tuple[Any, ...]]:
    return [(h.code, h.lookup, h.fix, h.site, h.origin, h.title) for h in hints]


def check_noop(project: str, ask: Ask | str, client: Client | None = None) -> Report:
    """The page gives no hint of any code."""
    ask = get(ask) if isinstance(ask, str) else ask
    report, _ = visit(f"tests.places.projects.{project}", ask, client)
    assert report.queries
    assert report.hints == (), described(report.hints)
    return report


def check_hint(
    project: str,
    ask: Ask | str,
    client: Client | None = None,
    *,
    site: str,
    origin: str | None = None,
    apply: bool = True,
    **expected: Any,
) -> Hint:
    """The page gives one hint, at the lines that end with these marks, and its fix removes it.

    A mark is the text of the line, or ``file :: text`` for another file than the project's.
    """
    ask = get(ask) if isinstance(ask, str) else ask
    report, content = visit(f"tests.places.projects.{project}", ask, client)
    assert len(report.hints) == 1, described(report.hints)
    [hint] = report.hints
    assert {name: getattr(hint, name) for name in expected} == expected
    assert_at(hint.site, site, project)
    if origin is not None:
        assert_at(hint.origin, origin, project)
    for way in (fixed_project, patched_project) if apply else ():
        fixed, same = visit(way(project, hint), ask, client)
        assert fixed.hints == (), described(fixed.hints)
        assert len(report.queries) - len(fixed.queries) >= hint.saving.queries > 0
        assert same == content
    return hint


def with_fix(hint: Hint, fix: str) -> Hint:
    return replace(hint, change=replace(hint.change, change=ClassBody((Code(fix),))))


def assert_at(site: CallSite | None, mark: str, project: str) -> None:
    """The site is the one line that contains the mark."""
    assert site is not None
    name, colon, text = mark.rpartition(" :: ")
    file = PLACES / name if colon else _file_of(project)
    assert (Path(site.file), _line(Path(site.file), site.line)) == (file, site_line(file, text))


def site_line(file: Path, text: str) -> str:
    lines = [line for line in file.read_text().splitlines() if text in line]
    assert len(lines) == 1, (text, lines)
    return lines[0]


def _line(file: Path, number: int) -> str:
    return file.read_text().splitlines()[number - 1]


def _file_of(project: str) -> Path:
    module = import_module(f"tests.places.projects.{project}")
    return Path(inspect.getsourcefile(module) or "")
