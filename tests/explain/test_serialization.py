"""Plans and indexes as JSON."""

from __future__ import annotations

import json

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.explain.sqlite import parse_query_plan
from orm_insight.model.plan import Buffers, IndexAdvice, Trial, TrialMethod
from tests.builders import make_finding, make_node, make_plan, make_query

SCAN = make_node(
    relation="t",
    buffers=Buffers(shared_hit=3),
    io_read_ms=1.5,
    workers=({"Worker Number": 0},),
    raw={"Filter": "(a = 1)"},
)
ROOT = make_node("Limit", SCAN, total_ms=11.0)
FINDINGS = (make_finding(SCAN, hint="ORM602"), make_finding(ROOT, code="jit", is_of_plan=True))
PLAN = make_plan(ROOT, findings=FINDINGS, jit_ms=2.0)
TRIAL = Trial(
    method=TrialMethod.HYPOTHETICAL, cost_before=100.0, cost_after=80.0, before=PLAN, after=None
)
ADVICE = IndexAdvice(
    id="a1", hint="ORM602", model=None, table="t", name="i", reason="r", sql="s", trial=TRIAL
)


def as_json(**facts):
    explanation = Explanation(
        query=make_query(), outcome=Outcome.EXPLAINED, vendor="postgresql", **facts
    )
    return json.loads(json.dumps(explanation_to_dict(explanation)))


def test_plan_has_its_sentence_and_its_findings():
    found = as_json(plan=PLAN)

    assert found["summary"] == found["plan"]["summary"]
    assert found["summary"].startswith("91 % of 11.0 ms is a sequential scan of t")
    assert [(f["code"], f["step"], f["hint"]) for f in found["plan"]["findings"]] == [
        ("selective-seq-scan", 1, "ORM602"),
        ("jit", None, ""),
    ]
    assert found["plan"]["jit_ms"] == 2.0


def test_step_has_what_was_measured():
    step = as_json(plan=PLAN)["plan"]["root"]["children"][0]

    assert (step["step"], step["relation"], step["self_ms"]) == (1, "t", 10.0)
    assert step["buffers"]["shared_hit"] == 3
    assert step["io_read_ms"] == 1.5
    assert step["workers"] == [{"Worker Number": 0}]
    assert step["raw"] == {"Filter": "(a = 1)"}


def test_index_tells_whether_it_is_verified():
    found = as_json(plan=PLAN, advice=(ADVICE,))["advice"]

    assert [(a["id"], a["verified"], a["sql"]) for a in found] == [("a1", False, "s")]
    assert found[0]["trial"]["method"] == "hypopg"
    assert found[0]["trial"]["before"]["root"]["node_type"] == "Limit"
    assert found[0]["trial"]["after"] is None


def test_nothing_without_a_plan():
    found = as_json(error="no")

    assert (found["summary"], found["plan"], found["advice"]) == (None, None, [])


def test_plan_of_sqlite():
    found = as_json(plan=parse_query_plan([(2, 0, 0, "SCAN t")]))

    assert found["plan"]["root"]["children"][0]["relation"] == "t"
