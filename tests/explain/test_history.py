"""Explanations that are kept in a process, and those that give way."""

from __future__ import annotations

from datetime import timedelta

import pytest

import orm_insight
from orm_insight import insight
from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.history import Explanations, KeptExplanation
from orm_insight.model.plan import Plan, PlanNode
from tests.builders import STARTED_AT, make_query, make_trace
from tests.testapp.models import Book

BY_ID = "SELECT * FROM book WHERE id = %s"


def kept(sql=BY_ID, *, at=0, node="Seq Scan", analyzed=False, alias="default", **facts):
    plan = Plan(root=PlanNode(node_type=node))
    explanation = Explanation(
        query=make_query(sql, alias=alias),
        outcome=Outcome.EXPLAINED,
        vendor="sqlite",
        analyzed=analyzed,
        plan=plan,
        payload=[{"Node Type": node}],
    )
    return KeptExplanation(explanation=explanation, at=STARTED_AT + timedelta(minutes=at), **facts)


def keeper(*given, **limits):
    explanations = Explanations(**limits)
    for one in given:
        explanations.keep(one)
    return explanations


def minutes(explanations, sql=BY_ID, alias="default"):
    found = explanations.of(make_query(sql, alias=alias))
    return [int((one.at - STARTED_AT).total_seconds() / 60) for one in found]


def test_nothing_is_kept_of_what_failed():
    failed = Explanation(query=make_query(BY_ID), outcome=Outcome.FAILED, vendor="", error="no")

    assert minutes(keeper(KeptExplanation(explanation=failed, at=STARTED_AT))) == []


def test_same_statement_with_other_values_newest_first():
    explanations = keeper(
        kept("SELECT * FROM book WHERE id = 1", at=1),
        kept("SELECT * FROM book WHERE id = 2", at=2),
        kept("SELECT * FROM author WHERE id = 2", at=3),
        kept("SELECT * FROM book WHERE id = 3", at=4, alias="replica"),
    )

    assert minutes(explanations, "SELECT * FROM book WHERE id = 7") == [2, 1]


def test_oldest_of_a_statement_gives_way():
    nodes = ["Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"]
    explanations = keeper(*(kept(at=at, node=node) for at, node in enumerate(nodes)))

    assert minutes(explanations) == [3, 2, 1]


def test_plan_from_before_a_change_outlives_repetitions_of_the_one_behind_it():
    before = kept(at=0)
    after = [kept(at=at, node="Index Scan") for at in range(1, 9)]

    assert minutes(keeper(before, *after)) == [8, 7, 0]


def test_measured_plans_are_not_pushed_out_by_others():
    measured = kept(at=0, analyzed=True)
    planned = [kept(at=at, node=f"Node {at}") for at in range(1, 9)]
    others = [kept(f"SELECT {'a' * at}", at=at) for at in range(1, 9)]
    explanations = keeper(measured, *planned, *others, max_statements=3)

    assert minutes(explanations) == [0]


def test_statement_that_has_waited_longest_gives_way():
    explanations = keeper(
        kept("SELECT a", at=0),
        kept("SELECT b", at=1),
        kept("SELECT a", at=2),
        kept("SELECT c", at=3),
        max_statements=2,
    )

    assert minutes(explanations, "SELECT a") == [2, 0]
    assert minutes(explanations, "SELECT b") == []
    assert minutes(explanations, "SELECT c") == [3]


def test_bytes_are_bounded_and_what_is_too_large_is_not_kept():
    explanations = keeper(
        kept(at=0), kept("SELECT a", at=1), kept("SELECT b", at=2, node="x" * 500), max_bytes=400
    )

    assert minutes(explanations) == [0]
    assert minutes(explanations, "SELECT a") == [1]
    assert minutes(explanations, "SELECT b") == []


def test_plans_of_one_trace():
    explanations = keeper(kept(at=0, trace_id="a"), kept(at=1, trace_id="b"))

    assert [one.trace_id for one in explanations.of_trace("a")] == ["a"]


def test_cleared():
    explanations = keeper(kept())
    explanations.clear()

    assert minutes(explanations) == []


@pytest.mark.django_db(databases="__all__")
def test_earlier_plan_of_another_trace_is_there_to_compare(alias, settings):
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    traces = []
    for title in ("x", "y"):
        with orm_insight.capture() as trace:
            list(Book.objects.using(alias).filter(title=title))
        traces.append(trace)
        explanation = insight.explain(trace.id, 0, analyze=False)
        assert explanation.plan is not None, explanation.error

    newest, earlier = insight.kept_explanations(traces[0].queries[0])

    assert (newest.trace_id, earlier.trace_id) == (traces[1].id, traces[0].id)
    assert newest.at > earlier.at
    assert insight.plan_of(traces[0].id, 0) == earlier
    assert insight.plan_of(traces[0].id, 1) is None


@pytest.mark.django_db(databases=["sqlite"])
def test_page_compares_a_plan_with_those_before_it_only(client, settings):
    settings.DEBUG = True
    pages = []
    for _ in range(2):
        trace = make_trace(make_query("SELECT title FROM testapp_book", alias="sqlite"))
        insight.keep(trace)
        insight.explain(trace.id, 0, analyze=False)
        pages.append(f"/_orm/traces/{trace.id}/queries/0/")

    first, second = (client.get(page).content.decode() for page in pages)

    assert ", explained at " in first
    assert "Compared with " not in first
    assert "Compared with " in second


@pytest.mark.django_db(databases=["sqlite"])
def test_lists_pages_and_json_say_which_query_was_explained(client, settings):
    settings.DEBUG = True
    statements = ("SELECT title FROM testapp_book", "SELECT 1")
    trace = make_trace(*(make_query(sql, alias="sqlite") for sql in statements))
    insight.keep(trace)
    insight.explain(trace.id, 0, analyze=False)
    queries = f"/_orm/traces/{trace.id}/queries/"

    listed = client.get(f"{queries}?fragment=1").content.decode()
    assert [">explained</span>" in row for row in listed.split("<tr")[1:]] == [True, False]

    for suffix in ("", "?fragment=1"):
        explained, other = (client.get(f"{queries}{n}/{suffix}").content.decode() for n in range(2))
        assert ", explained at " in explained
        assert "oi-plan" in explained
        assert "oi-plan" not in other

    explained, other = client.get(f"/_orm/traces/{trace.id}.json").json()["queries"]
    assert explained["plan"]["origin"] == "asked"
    assert explained["plan"]["at"] == insight.plan_of(trace.id, 0).at.isoformat()
    assert "testapp_book" in str(explained["plan"]["plan"]["root"])
    assert "plan" not in other


@pytest.mark.django_db(databases="__all__")
def test_nothing_is_captured_of_an_explanation(alias, settings):
    settings.ORM_INSIGHT = {"REDACT_PARAMS": False}
    with orm_insight.capture("outer") as outer:
        with orm_insight.capture("inner") as inner:
            list(Book.objects.using(alias).all())
        assert insight.explain(inner.id, 0, analyze=False).plan is not None

    assert len(outer.queries) == 1


@pytest.mark.django_db(databases="__all__")
def test_slow_query_is_not_explained_unless_somebody_asks(alias, settings):
    settings.ORM_INSIGHT = {"EXPLAIN_SLOW": True, "SLOW_QUERY_MS": 1, "REDACT_PARAMS": False}
    sql = "SELECT title FROM testapp_book"
    trace = make_trace(make_query(sql, alias=alias, duration_ms=500.0), kind="task")
    with orm_insight.capture() as around:
        insight.keep(trace)
        assert insight.report(trace.id) is not None

    assert insight.plans_of(trace.id) == {}
    assert len(around.queries) == 0


@pytest.mark.django_db(databases=["sqlite"])
@pytest.mark.parametrize("forget", [insight.clear, insight.reset])
def test_forgotten_with_the_traces(forget):
    query = make_query("SELECT 1", alias="sqlite")
    trace = make_trace(query)
    insight.keep(trace)
    assert insight.explain(trace.id, 0, analyze=False).plan is not None

    forget()

    assert insight.kept_explanations(query) == ()
