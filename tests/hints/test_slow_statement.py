"""ORM601: statements that take long by themselves."""

from __future__ import annotations

import pytest

from orm_insight.model.plan import Evidence
from orm_insight.model.schema import Schema
from orm_insight.reports.report import analyze
from tests.builders import make_query, make_site, make_trace
from tests.explain.shapes import parse, scan
from tests.hints.tools import explained_report, fill_entries
from tests.pgapp.models import Entry


def codes(*durations: float) -> list[str]:
    queries = [
        make_query(f"SELECT {index} FROM t{index}", duration_ms=duration, site=make_site())
        for index, duration in enumerate(durations)
    ]
    return [hint.code for hint in analyze(make_trace(*queries), Schema()).hints]


def test_many_quick_statements_are_not_slow() -> None:
    assert codes(*[99.0] * 20) == []


def test_a_slow_statement() -> None:
    trace = make_trace(make_query("SELECT 1", duration_ms=100.0, site=make_site(line=7)))
    [hint] = analyze(trace, Schema()).hints
    assert (hint.code, hint.saving.ms, hint.saving.queries) == ("ORM601", 100.0, 0)
    assert hint.site is not None and hint.site.line == 7
    assert "Explain analyze" in hint.message


@pytest.mark.postgres
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_plan_that_says_more_takes_its_place() -> None:
    fill_entries()
    report = explained_report(lambda: list(Entry.objects.filter(number=7)), slow_ms=0.0)
    assert "ORM602" in [hint.code for hint in report.hints]
    assert "ORM601" not in [hint.code for hint in report.hints]


def test_a_plan_in_which_nothing_stands_out() -> None:
    trace = make_trace(make_query("SELECT 1", duration_ms=100.0, site=make_site()))
    evidence = {0: Evidence(plan=parse(scan(100.0)))}
    [hint] = analyze(trace, Schema(), evidence=evidence).hints
    assert "Nothing stands out in its plan" in hint.message
