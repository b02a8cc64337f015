"""Rows in order of time: statements, loops, pauses, ends of transactions, sums of the rest."""

from __future__ import annotations

from orm_insight.dashboard.links import TraceLinks
from orm_insight.model.schema import Schema
from orm_insight.model.trace import DroppedQueries, Transaction
from orm_insight.reports.report import analyze
from orm_insight.ui.source import Sources
from orm_insight.ui.waterfall import time_spent
from tests.builders import make_query, make_site, make_trace


def drawn(*queries, **facts):
    trace = make_trace(*queries, **facts)
    spent = time_spent(analyze(trace, Schema()), TraceLinks(trace.id), Sources(trace))
    return spent and spent.waterfall


def at(started_ms, number=0, **facts):
    """A statement of a line of its own, one millisecond long."""
    facts = {"site": make_site(line=number + 1), "started_ms": started_ms, **facts}
    return make_query(f"SELECT {'x' * (number + 1)} FROM t{number}", **facts)


def brief(flow):
    return [(row.kind, row.title or row.place.location, row.at, row.time) for row in flow.rows]


def test_nothing_to_draw():
    assert drawn() is None
    assert drawn(at(0.0, duration_ms=0.0), duration_ms=0.0) is None


def test_a_short_pause_is_no_row():
    flow = drawn(at(0.5), at(2.0, 1, duration_ms=98.0), duration_ms=100.0)

    assert [row.kind for row in flow.rows] == ["statement", "statement"]


def test_statements_and_pauses_in_order():
    flow = drawn(at(10.0, duration_ms=5.0), at(60.0, 1, duration_ms=20.0), duration_ms=100.0)

    assert brief(flow) == [
        ("application", "application", "0 ms", "10 ms"),
        ("statement", "/app/blog/views.py:1", "10 ms", "5.0 ms"),
        ("application", "application", "15 ms", "45 ms"),
        ("statement", "/app/blog/views.py:2", "60 ms", "20 ms"),
        ("application", "application", "80 ms", "20 ms"),
    ]
    assert flow.rows[1].path == "M100 0h50v10h-50z"
    assert flow.rows[2].span == "M150 2v6M150 5H600M600 2v6"


def test_a_loop_is_one_row_with_its_members():
    queries = [at(n * 2.0, n % 4, duration_ms=1.0 + n % 4) for n in range(200)]

    (row,) = drawn(*queries, duration_ms=401.0).rows

    assert (row.title, row.count) == ("4 statements, 50 times", "\N{MULTIPLICATION SIGN} 200")
    assert [(member.count, member.total, member.average) for member in row.members] == [
        ("50", "50 ms", "1.0 ms"),
        ("50", "100 ms", "2.0 ms"),
        ("50", "150 ms", "3.0 ms"),
        ("50", "200 ms", "4.0 ms"),
    ]
    assert [member.place.line for member in row.members] == [1, 2, 3, 4]
    assert row.members[0].queries_url.endswith("/queries/?group=4")
    assert row.members[0].slowest.index == 0


def test_what_a_loop_takes_for_itself_is_told():
    (row,) = drawn(*(at(n * 10.0) for n in range(10)), duration_ms=91.0).rows

    assert (row.title, row.count, row.time) == ("", "\N{MULTIPLICATION SIGN} 10", "10 ms")
    assert row.note == "From 0 ms to 91 ms, 81 ms of it between the queries."


def test_failures_and_transactions_are_tags():
    queries = [at(n, error="gone" if n == 1 else None, in_transaction=True) for n in range(3)]

    (row,) = drawn(*queries, duration_ms=3.0).rows

    assert (row.failed, row.tags) == ("1 failed", ("transaction",))


def test_a_statement_leads_to_its_query():
    row = drawn(at(0.0), duration_ms=1.0).rows[0]

    assert row.url == row.load_url
    assert row.url.endswith("/queries/0/")


def test_end_of_a_transaction_is_no_time_of_the_application():
    committed = Transaction(
        alias="default", started_ms=0.0, duration_ms=60.0, outcome="committed", end_ms=50.0
    )

    flow = drawn(at(0.0, duration_ms=10.0), transactions=(committed,), duration_ms=60.0)

    assert brief(flow)[1:] == [("ending", "COMMIT on default", "10 ms", "50 ms")]
    assert [(part.label, part.value, part.share) for part in flow.parts] == [
        ("Queries", "10 ms", "17 %"),
        ("COMMIT and ROLLBACK", "50 ms", "83 %"),
        ("Application", "0 ms", "0 %"),
    ]


def test_the_parts_stand_side_by_side():
    flow = drawn(at(0.0, duration_ms=25.0), duration_ms=100.0)

    assert [(part.kind, part.x, part.width) for part in flow.parts] == [
        ("database", "0.0", "250.0"),
        ("application", "250.0", "750.0"),
    ]


def test_statements_at_the_same_time():
    flow = drawn(*(at(n, n, duration_ms=50.0) for n in range(3)), at(60.0, 9), duration_ms=100.0)

    assert "one after another they would have taken 151 ms" in flow.note
    assert [row.time for row in flow.rows if row.kind == "application"] == ["8.0 ms", "39 ms"]
    assert drawn(at(0.0)).note == ""


def test_query_that_ends_after_its_trace_stays_inside():
    flow = drawn(at(99.0, duration_ms=900.0), duration_ms=100.0)

    assert flow.rows[-1].path.endswith("z")
    assert flow.ticks[-1].label == "800 ms"


def test_the_costliest_keep_their_place_and_the_rest_is_summed_up():
    queries = [at(n * 2.0, n, duration_ms=1.9 if n in {500, 700} else 1.0) for n in range(1000)]

    flow = drawn(*queries, duration_ms=2000.0)

    assert len(flow.rows) <= 61
    assert sum(int(row.count.replace(",", "")) for row in flow.rows) == 1000
    assert {500, 700} <= {row.place.line - 1 for row in flow.rows if row.place}
    rest = flow.rows[-1]
    assert (rest.kind, rest.title) == ("rest", "and 299 more statements")
    assert (rest.time, rest.at) == ("299 ms", "1.402 s")
    assert rest.url.endswith("/queries/?offset=701")


def test_sixty_rows_are_all_shown():
    flow = drawn(*(at(float(n), n) for n in range(60)), duration_ms=60.0)

    assert [row.kind for row in flow.rows] == ["statement"] * 60


def test_dropped_statements_come_last_and_are_no_pause():
    dropped = DroppedQueries(sql="SELECT 1", site=None, alias="default", count=5, total_ms=30.0)

    flow = drawn(at(0.0), dropped=5, overflow=(dropped,), duration_ms=100.0)

    assert brief(flow)[1:] == [
        ("dropped", "5 more statements, above the limit per trace", "1.0 ms", "30 ms")
    ]
    assert flow.parts[0].value == "31 ms"
