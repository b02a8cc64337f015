"""Runs real ORM code under capture and checks the hints it gives.

Each test module opens with what must give no hint, then states what must.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections, models
from django.db.models import functions
from django.test import override_settings

import orm_insight
from orm_insight.explain.runner import explain
from orm_insight.hints.base import Thresholds
from orm_insight.model.hint import Hint
from orm_insight.model.plan import Evidence
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import Report, analyze
from tests.testapp import models as testapp

NAMES = {**vars(models), **vars(functions), **vars(testapp)}


def report_of(code: Callable[[], Any], *, deep: bool = False) -> Report:
    """The report of code that runs once."""
    with orm_insight.capture(deep=deep) as trace:
        code()
    return trace.report()


def check_noop(
    code: Callable[[], Any], hint_code: str | None = None, *, deep: bool = False
) -> None:
    """The code gives no hint, or none of one code."""
    found = report_of(code, deep=deep).hints
    hints = [h for h in found if hint_code is None or h.code == hint_code]
    assert hints == [], [(hint.code, hint.title, hint.fix) for hint in hints]


def check_hint(
    code: Callable[[], Any], hint_code: str, *, deep: bool = False, **expected: Any
) -> Hint:
    """The code gives exactly one hint of this code, with these fields."""
    found = report_of(code, deep=deep).hints
    hints = [hint for hint in found if hint.code == hint_code]
    assert len(hints) == 1, [(hint.code, hint.title, hint.fix) for hint in found]
    [hint] = hints
    found_in_hint = {name: getattr(hint, name) for name in expected}
    assert found_in_hint == expected, found_in_hint
    return hint


def check_fix(code: Callable[[Any], Any], queryset: Any, hint: Hint) -> None:
    """Apply the fix to the queryset of the origin: the same result, and the hint's queries gone."""
    before = count_queries(lambda: code(queryset.all()))
    fixed = eval(f"queryset.{hint.fix}", {"queryset": queryset})
    after = count_queries(lambda: code(fixed.all()))
    assert before - after == hint.saving.queries
    assert code(queryset.all()) == code(fixed.all())


def check_annotation(ask: Callable[[Any], Any], queryset: Any, hint: Hint) -> list[Any]:
    """Apply the fix to the queryset of the origin: the rows know what each had to ask."""
    before = report_of(lambda: [ask(row) for row in queryset.all()])
    assert len(hint.queries) == hint.saving.queries == len(before.queries) - 1
    annotated = eval(f"queryset.{hint.fix}", {**NAMES, "queryset": queryset.all()})
    [name] = hint.change.attributes
    assert f".{name} instead" in hint.message
    answers: list[Any] = []
    assert count_queries(lambda: answers.extend(getattr(row, name) for row in annotated)) == 1
    assert answers == [ask(row) for row in queryset.all()]
    assert [row.pk for row in annotated] == [row.pk for row in queryset.all()]
    return answers


def count_queries(code: Callable[[], Any]) -> int:
    return len(report_of(code).queries)


def explained_report(code: Callable[[], Any], *, slow_ms: float = 1e9) -> Report:
    """The report of code whose statements were explained and measured afterwards."""
    with override_settings(ORM_INSIGHT={"REDACT_PARAMS": False}), orm_insight.capture() as trace:
        code()
    schema = read_schema()
    found = [explain(query, analyze=True, schema=schema) for query in trace.queries]
    evidence = {
        one.query.index: Evidence(plan=one.plan, advice=one.advice)
        for one in found
        if one.plan is not None
    }
    return analyze(trace.report().trace, schema, Thresholds(slow_ms=slow_ms), evidence=evidence)


def hints_after_explain(code: Callable[[], Any], hint_code: str) -> list[Hint]:
    return [hint for hint in explained_report(code).hints if hint.code == hint_code]


def fill_entries(alias: str = "default") -> None:
    """Thirty thousand entries, which need indexes that are not there."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO pgapp_entry (owner_id, kind, title, number, created_at, is_open, "
            "document, labels) SELECT i % 500, 'kind ' || i % 20, 'title ' || md5(i::text), i, "
            "'2026-01-01'::timestamptz + i * interval '1 minute', i % 200 = 0, "
            "jsonb_build_object('color', i % 900), ARRAY['l' || i % 900] "
            "FROM generate_series(1, 30000) AS i"
        )
        cursor.execute("ANALYZE pgapp_entry")
