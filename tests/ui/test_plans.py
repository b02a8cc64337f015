"""The parts of an EXPLAIN that the page shows, beside the tree of its steps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from orm_insight.explain.base import Outcome
from orm_insight.explain.history import KeptExplanation
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.pages import ExplainFragment
from orm_insight.ui.plans import explain_result
from orm_insight.ui.templating import render
from tests.builders import make_finding, make_node, make_plan, make_query
from tests.ui.links import Links
from tests.ui.plans import explained

AT = datetime(2025, 1, 2, 10, 31, tzinfo=UTC)


class NoLinks:
    """A project without the dashboard."""

    def about(self, code):
        return None

    def plan_json(self, index):
        return None


def result(plan: Plan | None = None, links=None, kept=(), **facts):
    return explain_result(explained(plan, **facts), links or Links(), kept=kept)


def test_sentence_on_top():
    scan = make_node(relation="blog_post", total_ms=20.0)

    assert result(make_plan(scan)).summary == (
        "100 % of 20.0 ms is a sequential scan of blog_post that returns 100 rows."
    )


def test_captured_and_explained_duration_stand_side_by_side():
    found = result(make_plan(make_node(total_ms=9.0), planning_ms=1.5))

    assert [(fact.label, fact.value, fact.note) for fact in found.facts] == [
        ("Captured", "8.0 ms", "in the request"),
        ("Explained", "9.0 ms", ""),
        ("Planning", "1.5 ms", ""),
    ]


def test_durations_that_differ_are_marked():
    slower = result(make_plan(make_node(total_ms=48.0), planning_ms=0.0))
    faster = result(make_plan(make_node(total_ms=1.0), planning_ms=0.0))

    assert slower.facts[1].note == "6 times more"
    assert faster.facts[1].note == "8 times less"


def test_what_is_part_of_no_step_is_told():
    trigger = {"Constraint Name": "fk", "Relation": "t", "Time": 3.0, "Calls": 1}
    plan = make_plan(jit_ms=4.0, serialization_ms=2.0, triggers=(trigger,))

    found = result(plan)

    assert [(fact.label, fact.value) for fact in found.facts[3:]] == [
        ("JIT", "4.0 ms"),
        ("Triggers", "3.0 ms"),
        ("Serialization", "2.0 ms"),
    ]
    assert found.plan.triggers == ("fk on t: 3.0 ms, 1 call",)


def test_findings_lead_to_their_step_and_to_their_document():
    scan = make_node(relation="blog_post")
    root = make_node("Limit", scan)
    of_scan = make_finding(scan, hint="ORM602", share=0.92, ms=9.2)
    of_plan = make_finding(root, is_of_plan=True)

    found = result(make_plan(root, findings=(of_scan, of_plan)))
    first, second = found.findings

    assert (first.href, first.step) == ("#q0-s1", "Seq Scan on blog_post")
    assert "<b>92 %</b> 9.2 ms" in render(ExplainFragment(result=found))
    assert first.hint_url == "/_orm/hints/ORM602/"
    assert (second.href, second.hint_url) == ("", None)


def test_plan_that_was_not_executed_claims_no_times():
    node = PlanNode(node_type="Seq Scan", relation="t", plan_rows=50, raw={"Total Cost": 9.0})
    found = result(Plan(root=node), notice="It writes.")

    assert not found.plan.is_measured
    assert found.plan.unit == "cost"
    assert found.notice == "It writes."
    assert found.title == "Planned, not executed"
    assert ("Rows expected", "50") in [(fact.label, fact.value) for fact in found.facts]


def test_error_instead_of_a_plan():
    found = result(outcome=Outcome.FAILED, error="relation <t> does not exist")

    assert found.plan is None
    assert found.error == "relation <t> does not exist"


def test_large_json_is_behind_a_link():
    payload = [{"Plan": {"Filter": "x" * 200_000}}]

    found = result(make_plan(), payload=payload)
    alone = result(make_plan(), payload=payload, links=NoLinks())

    assert (found.json, found.json_url) == ("", "/_orm/plan/0.json")
    assert json.loads(alone.json) == payload


def test_texts_are_escaped_but_keep_their_quotes():
    found = result(make_plan(), text='"a" < b', payload=[{"<b>": "&"}])

    assert found.text == '"a" &lt; b'
    assert "&lt;b&gt;" in found.json


def kept(plan: Plan, **facts) -> KeptExplanation:
    return KeptExplanation(explanation=explained(plan, **facts), at=AT)


BEFORE = make_plan(make_node(relation="t", total_ms=184.0))
AFTER = make_plan(make_node("Index Scan", relation="t", index="i", total_ms=2.0))


def test_earlier_plan_of_the_statement_is_compared():
    found = result(AFTER, kept=[kept(AFTER), kept(BEFORE)]).comparison

    assert found.at.isoformat() == "2025-01-02T10:31:00+00:00"
    assert found.headline == "184 ms → 2.0 ms, 92 times faster"
    assert found.is_open
    step = found.steps[0]
    assert (step.before, step.after) == ("Seq Scan on t", "Index Scan on t using i")
    assert step.own == ("184 ms", "2.0 ms")
    assert found.note == ""


def test_plan_that_looks_different_comes_before_a_newer_one():
    same = replace(AFTER, planning_ms=9.0)

    found = result(AFTER, kept=[kept(same), kept(BEFORE)]).comparison

    assert found.steps[0].before == "Seq Scan on t"


def test_plan_that_looks_the_same_stays_folded():
    found = result(AFTER, kept=[kept(replace(AFTER, planning_ms=9.0))]).comparison

    assert not found.is_open
    assert found.headline == "2.0 ms → 2.0 ms, about the same"
    assert found.unchanged == "1 step unchanged."


def test_other_values_are_mentioned():
    earlier = kept(BEFORE, query=make_query(params=("x",)))

    assert result(AFTER, kept=[earlier]).comparison.note


def test_measured_is_not_compared_with_planned():
    planned = Plan(root=PlanNode(node_type="Seq Scan", raw={"Total Cost": 9.0}))

    assert result(AFTER, kept=[kept(planned)]).comparison is None
    assert result(AFTER, kept=[kept(AFTER)]).comparison is None


def test_plan_of_before_is_not_compared_with_a_newer_one():
    assert result(BEFORE, kept=[kept(AFTER), kept(BEFORE)]).comparison is None
