"""When the statements ran."""

from __future__ import annotations

from orm_insight.analysis.report import analyze
from orm_insight.model.schema import Schema
from orm_insight.model.surroundings import Transaction
from orm_insight.ui.source import Sources
from orm_insight.ui.timeline import timeline
from tests.builders import make_query, make_site, make_trace


def drawn(*queries, **facts):
    trace = make_trace(*queries, **facts)
    return timeline(analyze(trace, Schema()), Sources(trace))


def test_nothing_to_draw():
    assert drawn() is None


def test_a_query_stands_where_it_ran():
    found = drawn(make_query(started_ms=50.0, duration_ms=25.0), duration_ms=100.0)

    assert [lane.path for lane in found.lanes] == ["M500 0h250v10h-250z"]
    assert [label for _, label in found.ticks] == ["0 ms", "25 ms", "50 ms", "75 ms", "100 ms"]


def test_neighbours_become_one_bar():
    queries = [make_query(started_ms=n / 10, duration_ms=0.1) for n in range(1000)]

    assert drawn(*queries, duration_ms=100.0).lanes[0].path == "M0 0h1000v10h-1000z"


def test_query_that_ends_after_its_trace_stays_inside():
    found = drawn(make_query(started_ms=99.0, duration_ms=900.0), duration_ms=100.0)

    assert found.lanes[0].path.endswith("z")
    assert found.ticks[-1][1] == "999 ms"


def test_the_costliest_groups_have_lanes_and_the_rest_shares_one():
    queries = [make_query(f"SELECT {'x' * n} FROM t", site=make_site(line=n)) for n in range(1, 20)]

    lanes = drawn(*queries).lanes

    assert len(lanes) == 9
    assert str(lanes[-1].label) == "11 other groups"


def ran(started_ms, duration_ms, outcome="committed", alias="default"):
    return Transaction(
        alias=alias, started_ms=started_ms, duration_ms=duration_ms, outcome=outcome, end_ms=1.0
    )


def test_a_transaction_stands_from_its_begin_to_its_end():
    (lane,) = drawn(make_query(), transactions=(ran(10.0, 40.0),), duration_ms=100.0).transactions

    assert (lane.alias, lane.summary) == ("default", "committed, from 10 ms to 50 ms")
    assert (lane.path, lane.rolled_back) == ("M100 0h400v10h-400z", "")


def test_each_alias_has_a_lane_of_transactions_and_tells_how_they_ended():
    transactions = (
        ran(0.0, 10.0),
        ran(20.0, 10.0, "rolled back"),
        ran(40.0, 60.0, "open"),
        ran(5.0, 5.0, "rolled back", alias="replica"),
    )

    lanes = drawn(make_query(), transactions=transactions, duration_ms=100.0).transactions

    assert [(lane.alias, lane.summary) for lane in lanes] == [
        ("default", "1 committed, 1 rolled back, 1 open, 80 ms"),
        ("replica", "rolled back, from 5.0 ms to 10 ms"),
    ]
    assert lanes[0].path == "M0 0h100v10h-100zM400 0h600v10h-600z"
    assert lanes[0].rolled_back == "M200 0h100v10h-100z"


def test_a_transaction_that_ends_after_its_trace_stays_inside():
    found = drawn(make_query(), transactions=(ran(50.0, 150.0),), duration_ms=100.0)

    assert found.transactions[0].path == "M250 0h750v10h-750z"
    assert found.ticks[-1][1] == "200 ms"
