"""The plan of a statement as markup: all that it can have, valid and escaped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.history import KeptExplanation
from orm_insight.model.plan import IndexAdvice, Plan, Trial, TrialMethod
from orm_insight.ui.pages import ExplainFragment
from orm_insight.ui.plan_components import TryForm
from orm_insight.ui.plans import explain_result
from orm_insight.ui.templating import render
from tests.builders import make_finding, make_node, make_plan, make_query
from tests.dashboard.pages import check_html
from tests.ui.links import Links

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def whole_plan() -> Plan:
    """Everything that a plan can have."""
    scan = make_node(
        relation=HOSTILE,
        total_ms=90.0,
        raw={"Filter": HOSTILE, HOSTILE: HOSTILE, "Rows Removed by Filter": 9},
        workers=({"Worker Number": 0, "Actual Rows": 1},),
    )
    others = [make_node(relation=f"p{number}", total_ms=0.1) for number in range(30)]
    names = {"Subplan Name": "CTE x", "CTE Name": "x"}
    idle = make_node("CTE Scan", executed=False, self_ms=0.0, raw=names)
    root = make_node("Append", scan, *others, idle, total_ms=95.0)
    findings = (
        make_finding(scan, hint="ORM602", title=HOSTILE, message=HOSTILE, advice=HOSTILE),
        make_finding(root, is_of_plan=True),
    )
    trigger = {"Trigger Name": HOSTILE, "Time": 3.0, "Calls": 2}
    return make_plan(root, findings=findings, jit_ms=5.0, triggers=(trigger,))


def advice(**facts) -> IndexAdvice:
    defaults = {
        "id": "abc",
        "hint": "ORM602",
        "model": "blog.Comment",
        "table": "blog_comment",
        "name": "comment_post_idx",
        "reason": f"An index on post. {HOSTILE}",
        "sql": "CREATE INDEX",
        "meta": 'models.Index(fields=["post"])',
        "meta_imports": "from django.db import models",
        "migration": "operations = []",
    }
    return IndexAdvice(**{**defaults, **facts})


def tried(before: float, after: float) -> Trial:
    index_scan = make_node("Index Scan", relation="t", index="i", total_ms=after)
    return Trial(
        method=TrialMethod.CREATED,
        cost_before=1_000.0,
        cost_after=10.0,
        ms_before=before,
        ms_after=after,
        before=make_plan(make_node(relation="t", total_ms=before)),
        after=make_plan(index_scan),
    )


def fragment(plan: Plan, *advices: IndexAdvice, can_try: bool = True) -> str:
    explanation = Explanation(
        query=make_query(),
        outcome=Outcome.EXPLAINED,
        vendor="postgresql",
        analyzed=True,
        plan=plan,
        text=HOSTILE,
        payload=[HOSTILE],
        advice=advices,
        can_try=can_try,
    )
    earlier = KeptExplanation(
        explanation=replace(explanation, plan=make_plan()), at=datetime(2025, 1, 2, tzinfo=UTC)
    )
    form = TryForm(action="/explain/", token_name="csrfmiddlewaretoken", token="t")
    found = explain_result(explanation, Links(), form=form, kept=[earlier])
    return str(render(ExplainFragment(result=found)))


def test_everything_is_valid_html_and_escaped():
    text = fragment(whole_plan(), advice(), advice(id="x", trial=tried(184.0, 2.0)))

    check_html(text, is_fragment=True)
    assert "<img" not in text
    assert "never executed" in text
    assert "31 more steps, 3.0 ms" in text
    assert "Compared with" in text


def test_index_that_was_not_tried_says_so_and_can_be():
    text = fragment(whole_plan(), advice())

    assert "? not verified" in text
    assert '<button class="oi-button" type="submit" name="try" value="abc">' in text
    note = "in a transaction that is rolled back; writes to the table are blocked until then"
    assert note in text


def test_index_cannot_be_tried_where_that_is_not_allowed():
    assert "Try this index" not in fragment(whole_plan(), advice(), can_try=False)


def test_index_that_helps_shows_the_proof():
    text = fragment(whole_plan(), advice(trial=tried(184.0, 2.0)))

    assert "✓ verified" in text
    assert "184 ms → 2.0 ms" in text
    assert "92 times faster" in text
    assert "Without and with the index" in text
    assert "Try this index" not in text


def test_index_that_does_not_help_offers_no_code():
    text = fragment(whole_plan(), advice(trial=tried(184.0, 180.0)))

    assert "✗ does not help" in text
    assert "models.Index" not in text
