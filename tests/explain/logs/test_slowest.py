"""The slowest statements of very many, and how few plans stay in memory for them."""

from __future__ import annotations

import random

from orm_insight.explain.logs import LoggedPlan, SlowestStatements


def logged(sql, ms):
    return LoggedPlan(duration_ms=ms, sql=sql, parameters="", payload={"Plan": {}})


def slowest(limit, *plans):
    statements = SlowestStatements(limit)
    for plan in plans:
        statements.add(plan)
    return statements


def test_noop_empty_log():
    assert slowest(3).slowest() == ()


def test_equal_statements_together_with_the_plan_of_the_slowest():
    statements = slowest(
        3,
        logged("SELECT a FROM t WHERE id = 1", 5),
        logged("SELECT a FROM t WHERE id = 2", 9),
        logged("SELECT a FROM t WHERE id = 3", 7),
    )

    [found] = statements.slowest()
    assert (found.count, found.total_ms, found.max_ms) == (3, 21, 9)
    assert found.slowest.sql == "SELECT a FROM t WHERE id = 2"


def test_slowest_first_and_no_more_than_the_limit():
    statements = slowest(2, logged("SELECT a", 5), logged("SELECT b", 9), logged("SELECT c", 7))

    assert [found.slowest.sql for found in statements.slowest()] == ["SELECT b", "SELECT c"]
    assert len(statements) == 3


def test_statement_without_any_duration():
    assert [found.max_ms for found in slowest(1, logged("SELECT a", 0.0)).slowest()] == [0.0]


def test_few_plans_stay_and_they_are_the_right_ones():
    chance = random.Random(7)
    plans = [logged(f"SELECT {'a' * (n % 500 + 1)}", chance.random()) for n in range(3000)]
    longest, counts = {}, {}
    for plan in plans:
        longest[plan.sql] = max(longest.get(plan.sql, 0.0), plan.duration_ms)
        counts[plan.sql] = counts.get(plan.sql, 0) + 1
    expected = sorted(longest.items(), key=lambda item: -item[1])[:5]

    statements = slowest(5, *plans)

    found = statements.slowest()
    assert [(one.slowest.sql, one.max_ms) for one in found] == expected
    assert [one.count for one in found] == [counts[sql] for sql, _ in expected]
    assert len(statements) == 500
    assert len(statements._with_plan) <= 20
