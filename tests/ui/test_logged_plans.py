"""The statements of a log as they are told."""

from __future__ import annotations

import pytest

from orm_insight.explain.logs import LogCounts, LoggedPlan, LoggedStatement
from orm_insight.project.schema import read_schema
from orm_insight.ui.logged_plans import Telling, what_was_read

RESULT = {"Node Type": "Result", "Total Cost": 1.0, "Startup Cost": 0.0, "Plan Rows": 1}


def statement(sql="SELECT 1", plan=RESULT, parameters="", count=1):
    logged = LoggedPlan(duration_ms=12.3, sql=sql, parameters=parameters, payload={"Plan": plan})
    return LoggedStatement(count=count, total_ms=12.3 * count, max_ms=12.3, slowest=logged)


def unreadable():
    plan = RESULT
    for _ in range(100_000):
        plan = {"Node Type": "Append", "Plans": [plan]}
    return plan


def text(*statements, with_plans=False):
    return "\n".join(Telling(with_plans=with_plans).as_text(statements))


def test_statement_with_its_parameters():
    lines = text(statement("SELECT $1\nFROM t", parameters="$1 = '5'", count=1200)).splitlines()

    assert lines[:4] == [
        "1. 12 ms the slowest of 1,200 times, 15 s together",
        "   SELECT $1",
        "   FROM t",
        "   Parameters: $1 = '5'",
    ]


def test_statement_whose_text_was_not_logged():
    assert "(its text was not logged)" in text(statement(""))


def test_findings_speak_of_models_and_fields():
    scan = {
        **RESULT,
        "Node Type": "Seq Scan",
        "Relation Name": "testapp_book",
        "Filter": "(author_id = 5)",
        "Rows Removed by Filter": 50_000,
        "Actual Rows": 1,
        "Actual Loops": 1,
        "Actual Total Time": 40.0,
    }
    with_names = Telling(schema=read_schema()).as_text([statement(plan=scan)])

    assert "author_id=5" in text(statement(plan=scan))
    assert "author=5" in "\n".join(with_names)


def test_plan_that_cannot_be_read():
    unread = [statement(plan=unreadable())]

    assert "Its plan cannot be read: " in text(*unread, with_plans=True)
    [found] = Telling(with_plans=True).as_json(unread, LogCounts(plans=1))["statements"]
    assert found["plan"] is None
    assert found["error"].startswith("Its plan cannot be read: ")
    assert "text" not in found


@pytest.mark.parametrize(
    ("counts", "facts", "sentence"),
    [
        ({"plans": 1}, (1, 1, 0.0), "1 plan, 1 statement."),
        ({"plans": 9}, (3, 2, 0.0), "9 plans, 3 statements, the slowest 2 shown."),
        (
            {"plans": 9},
            (3, 1, 5.0),
            "9 plans, 3 statements of at least 5.0 ms, the slowest one shown.",
        ),
        ({"plans": 9}, (0, 0, 99.0), "9 plans, 0 statements of at least 99 ms."),
        (
            {"plans": 2, "broken": 1, "other_format": 3},
            (2, 2, 0.0),
            "2 plans, 2 statements, 1 broken entry skipped, 3 more not written as JSON.",
        ),
    ],
)
def test_what_was_read(counts, facts, sentence):
    statements, shown, min_ms = facts
    counted = LogCounts(**counts)

    assert sentence == what_was_read(counted, statements=statements, shown=shown, min_ms=min_ms)
