"""A new rule is its own file, its document and one entry: everything else shows it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import checks

from orm_insight import insight
from orm_insight.dashboard import hints
from orm_insight.model import catalogue
from orm_insight.model.catalogue import Family, Rule, State
from orm_insight.panel.pages import trace_page
from orm_insight.reports.comparison import compare
from orm_insight.reports.problems import Identity
from orm_insight.ui.comparison import verdict
from orm_insight.ui.plans import explain_result
from tests.builders import make_query, make_site
from tests.dashboard.conftest import dashboard
from tests.dashboard.pages import Dashboard, texts_of
from tests.explain.shapes import parse, scan
from tests.reports.comparisons import at, report
from tests.ui.links import Links
from tests.ui.plans import explained

__all__ = ["dashboard"]

CODE = "ORM699"
TITLE = "shelf: the dummy finds a query"
RULE = Rule(
    code=CODE,
    title="a dummy",
    family=Family.LOOPS,
    docs="topics/db/dummies/",
    detector="tests.hints.dummy_rule.FirstQuery",
    does="plays with {}",
    state=State("{lookup}", "is", "played with"),
    findings=("heap-fetches",),
)


@pytest.fixture(autouse=True)
def rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Rule]:
    """The entry, and the folder of the document."""
    (tmp_path / f"{CODE}.md").write_text(f"# {CODE}: {RULE.title}\n\nNobody needs dummies.\n")
    monkeypatch.setitem(catalogue._by_code, CODE, RULE)
    monkeypatch.setattr(hints, "_FOLDERS", (tmp_path,))
    hints.documents.cache_clear()
    yield RULE
    hints.documents.cache_clear()


@pytest.fixture
def trace(dashboard: Dashboard):
    site = make_site("/app/shelf.py", 7)
    return dashboard.keep(make_query('SELECT "a" FROM "shelf"', site=site), path="/shelf/")


def test_pages_of_the_dashboard(dashboard: Dashboard, trace) -> None:
    for path in ("", "traces/", "problems/", f"traces/{trace.id}/"):
        assert TITLE in dashboard.text(path), path
    for path in ("problems/", f"traces/{trace.id}/"):
        text = dashboard.text(path)
        assert CODE in text
        assert "in place of the call site" in text


def test_page_of_the_hint_and_its_document(dashboard: Dashboard, trace) -> None:
    [hint] = insight.report_of(trace).hints
    text = dashboard.text(f"traces/{trace.id}/hints/{Identity.of(hint).id}/")

    assert "plays with <code>books</code>" in text
    assert "Ask it no more." in text
    assert f"/_orm/hints/{CODE}/" in text
    assert "https://docs.djangoproject.com/en/stable/topics/db/dummies/" in text
    assert "Nobody needs dummies." in dashboard.text(f"hints/{CODE}/")


def test_json_and_markdown(dashboard: Dashboard, trace) -> None:
    path = f"traces/{trace.id}"
    [hint] = dashboard.get(f"{path}.json").json()["hints"]
    page = f"{path}/hints/{Identity.of(insight.report_of(trace).hints[0]).id}"

    assert (hint["code"], hint["title"], hint["fix"]) == (CODE, TITLE, "dummy_fix()")
    assert dashboard.get(f"{page}.json").json()["code"] == CODE
    assert dashboard.get("problems.json").json()["problems"][0]["code"] == CODE
    assert dashboard.get(f"{page}.md").content.decode().startswith(f"# {CODE}: {TITLE}\n")


def test_panel(dashboard: Dashboard, trace) -> None:
    markup = trace_page(trace.id, trace)

    assert texts_of(markup, "span", "oi-hint-title") == [TITLE]
    assert texts_of(markup, "span", "oi-hint-code") == [CODE]


def test_findings_of_a_plan() -> None:
    plan = parse(scan(9.0, "Index Only Scan", Actual_Rows=1_000, Heap_Fetches=100))
    [finding] = explain_result(explained(plan), Links()).findings

    assert (finding.finding.hint, finding.hint_url) == (CODE, f"/_orm/hints/{CODE}/")


def test_comparison() -> None:
    before, after = report(at(10)), report()

    assert "books is no longer played with" in verdict(compare(before, after))
    assert "books is now played with" in verdict(compare(after, before))


def test_it_can_be_silenced(dashboard: Dashboard, settings) -> None:
    settings.ORM_INSIGHT = {"IGNORE": {"/shelf/": [CODE]}}
    kept = dashboard.keep(make_query('SELECT "a" FROM "shelf"'), path="/shelf/")

    found = insight.report_of(kept)

    assert [each.hint.code for each in found.silenced] == [CODE]
    assert found.hints == ()
    assert not [each for each in checks.run_checks(tags=["orm_insight"]) if "IGNORE" in each.msg]
