"""Which slow statements are chosen to be explained, and when, by a clock that the test turns."""

from __future__ import annotations

import pytest

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import REDACTED
from orm_insight.slow_queries import MAX_WAITING, MINUTE_S, REST_S, SlowQueries, has_slow
from tests.builders import make_query, make_trace


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def slow(table, ms=200.0, **facts):
    return make_query(f"SELECT * FROM {table}", duration_ms=ms, **facts)


def chooser(clock, *queries, per_minute=100, threshold_ms=100.0):
    chosen = SlowQueries(threshold_ms=threshold_ms, per_minute=per_minute, clock=clock)
    chosen.add(make_trace(*queries))
    return chosen


def taken(chosen):
    """The tables of what may be explained now, in order."""
    tables = []
    while chosen.seconds_to_wait() == 0:
        tables.append(chosen.take().query.sql.split()[-1])
    return tables


def test_fast_ones_are_left_alone(clock):
    assert taken(chooser(clock, slow("a", 99.9))) == []


def test_withheld_parameters_are_left_alone(clock):
    query = slow("a", params=(1, [REDACTED]))

    assert chooser(clock, query).seconds_to_wait() is None


def test_plans_for_any_values_need_no_parameters(clock):
    query = slow("a", params=(REDACTED,), vendor="postgresql")

    assert taken(chooser(clock, query)) == ["a"]


def test_slowest_first(clock):
    assert taken(chooser(clock, slow("a", 150), slow("b", 900), slow("c", 100))) == ["b", "a", "c"]


def test_columns_of_a_recorded_trace(clock):
    log = QueryLog.of([slow("a", 5), slow("b", 150), slow("c", 160)])
    chosen = SlowQueries(threshold_ms=100, per_minute=9, clock=clock)
    chosen.add(make_trace(queries=log))

    assert has_slow(make_trace(queries=log), 100)
    assert not has_slow(make_trace(queries=log), 161)
    assert not has_slow(make_trace(), 100)
    assert taken(chosen) == ["c", "b"]


def test_a_statement_once_in_its_slowest_query(clock):
    chosen = chooser(clock, slow("a", 200), slow("a", 300), slow("a", 250))

    assert chosen.take().query.duration_ms == 300
    assert chosen.seconds_to_wait() is None


def test_one_that_is_slow_all_the_time_does_not_hide_the_others(clock):
    often = [slow("a", 900) for _ in range(2 * MAX_WAITING)]

    assert taken(chooser(clock, *often, slow("b", 100))) == ["a", "b"]


def test_a_statement_rests_after_it_was_explained(clock):
    chosen = chooser(clock, slow("a"))
    assert taken(chosen) == ["a"]

    clock.now += REST_S - 1
    chosen.add(make_trace(slow("a"), slow("b")))
    assert taken(chosen) == ["b"]

    clock.now += 2
    chosen.add(make_trace(slow("a"), slow("b")))
    assert taken(chosen) == ["a"]


def test_same_text_on_another_database_is_another_statement(clock):
    chosen = chooser(clock, slow("a", 200), slow("a", 100, alias="replica"))

    assert taken(chosen) == ["a", "a"]


def test_so_many_a_minute(clock):
    chosen = chooser(clock, slow("a", 400), slow("b", 300), slow("c", 200), per_minute=2)
    assert taken(chosen) == ["a", "b"]
    assert chosen.seconds_to_wait() == MINUTE_S

    clock.now += 20
    assert chosen.seconds_to_wait() == MINUTE_S - 20

    clock.now += 40
    assert taken(chosen) == ["c"]
    assert chosen.dropped == 0


def test_what_has_waited_too_long_is_of_another_moment(clock):
    chosen = chooser(clock, slow("a", 400), slow("b", 300), per_minute=1)
    assert taken(chosen) == ["a"]

    clock.now += MINUTE_S + 1
    assert chosen.seconds_to_wait() is None
    assert chosen.dropped == 1


def test_list_is_bounded_and_the_fastest_give_way(clock):
    chosen = chooser(clock, *(slow(f"t{n}", 100 + n) for n in range(MAX_WAITING)))
    chosen.add(make_trace(slow("slower", 500), slow("faster", 100)))

    tables = taken(chosen)
    assert tables[0] == "slower"
    assert len(tables) == MAX_WAITING
    assert "t0" not in tables
    assert "faster" not in tables
    assert chosen.dropped == 2
