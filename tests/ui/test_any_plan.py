"""Whatever stands in a plan, it is read, shown, compared and put into JSON."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.comparison import compare
from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.ui.pages import ExplainFragment
from orm_insight.ui.plans import explain_result
from orm_insight.ui.templating import render
from tests.builders import make_query
from tests.dashboard.pages import check_html
from tests.ui.links import Links

TYPES = (
    *("Seq Scan", "Index Scan", "Bitmap Heap Scan", "CTE Scan", "Sort", "Hash", "Aggregate"),
    *("Nested Loop", "Hash Join", "SetOp", "ModifyTable", "Limit", "Gather", "Memoize", "Other"),
)
KEYS = (
    *("Strategy", "Join Type", "Operation", "Parallel Aware", "Partial Mode", "Subplan Name"),
    *("Parent Relationship", "Command", "Alias", "CTE Name", "Relation Name", "Index Name"),
    *("Filter", "Rows Removed by Filter", "Rows Removed by Join Filter", "Sort Key", "Workers"),
    *("Sort Space Used", "Sort Space Type", "Hash Batches", "Disk Usage", "Heap Fetches"),
    *("Workers Planned", "Workers Launched", "Plan Rows", "Plan Width", "Total Cost"),
    *("Shared Hit Blocks", "Shared Read Blocks", "Temp Written Blocks", "Inner Unique"),
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**9),
    st.sampled_from(["", "x", "12", "<b>", "InitPlan", "CTE x", "Disk"]),
    st.lists(st.sampled_from(["a", 1, None, {"a": 1}]), max_size=2),
    st.just({"Sort Space Memory": {"x": 1}}),
)
measured = st.fixed_dictionaries(
    {
        "Actual Rows": st.integers(0, 10**6),
        "Actual Loops": st.sampled_from([0, 1, 20, 5_000]),
        "Actual Total Time": st.floats(0, 500),
    }
)
steps = st.recursive(
    st.builds(
        lambda kind, raw, times: {"Node Type": kind, **times, **raw},
        st.sampled_from(TYPES),
        st.dictionaries(st.sampled_from(KEYS), values, max_size=6),
        st.one_of(st.just({}), measured),
    ),
    lambda below: st.builds(
        lambda kind, times, plans: {"Node Type": kind, **times, "Plans": plans},
        st.sampled_from(TYPES),
        measured,
        st.lists(below, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
triggers = st.lists(
    st.dictionaries(st.sampled_from(["Trigger Name", "Time", "Calls", "Relation"]), values),
    max_size=2,
)


@settings(max_examples=150, deadline=None)
@given(root=steps, triggers=triggers, planning=st.sampled_from([None, 1.0, 900.0]))
def test_any_plan_is_shown(root, triggers, planning):
    payload = [{"Plan": root, "Planning Time": planning, "Triggers": triggers}]
    plan = parse_plan(payload)
    explanation = Explanation(
        query=make_query(),
        outcome=Outcome.EXPLAINED,
        vendor="postgresql",
        analyzed=plan.is_measured,
        plan=plan,
        payload=payload,
    )

    page = str(render(ExplainFragment(result=explain_result(explanation, Links()))))

    check_html(page, is_fragment=True)
    assert json.loads(json.dumps(explanation_to_dict(explanation)))["plan"]["root"]
    assert not any(pair.is_noticeable for pair in compare(plan, plan).pairs)
