"""The transactions of each connection in time, and how they ended."""

from __future__ import annotations

from orm_insight.model.trace import Transaction
from orm_insight.ui.time_components import Timescale
from orm_insight.ui.waterfall import transaction_lanes


def ran(started_ms, duration_ms, outcome="committed", alias="default"):
    return Transaction(
        alias=alias, started_ms=started_ms, duration_ms=duration_ms, outcome=outcome, end_ms=1.0
    )


def lanes(*transactions, whole=100.0):
    return transaction_lanes(transactions, Timescale(whole))


def test_no_transaction_has_no_lane():
    assert lanes() == ()


def test_a_transaction_stands_from_its_begin_to_its_end():
    (lane,) = lanes(ran(10.0, 40.0))

    assert (lane.alias, lane.summary) == ("default", "committed, from 10 ms to 50 ms")
    assert (lane.path, lane.rolled_back) == ("M100 0h400v10h-400z", "")


def test_each_alias_has_a_lane_that_tells_how_they_ended():
    found = lanes(
        ran(0.0, 10.0),
        ran(20.0, 10.0, "rolled back"),
        ran(40.0, 60.0, "open"),
        ran(5.0, 5.0, "rolled back", alias="replica"),
    )

    assert [(lane.alias, lane.summary) for lane in found] == [
        ("default", "1 committed, 1 rolled back, 1 open, 80 ms"),
        ("replica", "rolled back, from 5.0 ms to 10 ms"),
    ]
    assert found[0].path == "M0 0h100v10h-100zM400 0h600v10h-600z"
    assert found[0].rolled_back == "M200 0h100v10h-100z"


def test_late_in_a_long_trace_the_moments_still_differ():
    assert lanes(ran(1010.0, 4.0), whole=2000.0)[0].summary == (
        "committed, from 1.010 s to 1.014 s"
    )
