"""Chrome trace events: what Perfetto and speedscope ask of them."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orm_insight.model.schema import Schema
from orm_insight.model.trace import Redacted, Trace, Transaction
from orm_insight.reports.chrome_trace import chrome_trace
from orm_insight.reports.report import analyze
from tests.builders import make_query, make_site, make_trace

MS = st.floats(min_value=0, max_value=200)
QUERIES = st.lists(
    st.builds(
        make_query,
        st.sampled_from(["SELECT 1", 'UPDATE "a" SET "b" = 1', ""]),
        started_ms=MS,
        duration_ms=MS,
        alias=st.sampled_from(["default", "replica"]),
    ),
    max_size=30,
)
TRANSACTIONS = st.lists(
    st.builds(
        Transaction,
        alias=st.sampled_from(["default", "third"]),
        started_ms=st.floats(min_value=-5, max_value=200),
        duration_ms=MS,
        outcome=st.sampled_from(["committed", "rolled back", "open"]),
    ),
    max_size=5,
)


def document_of(trace: Trace) -> dict[str, Any]:
    return json.loads(json.dumps(chrome_trace(analyze(trace, Schema())), allow_nan=False))


def events(trace: Trace, category: str) -> list[dict[str, Any]]:
    return [e for e in document_of(trace)["traceEvents"] if e.get("cat") == category]


def thread_names(trace: Trace) -> dict[int, str]:
    found = document_of(trace)["traceEvents"]
    return {e["tid"]: e["args"]["name"] for e in found if e["name"] == "thread_name"}


@given(QUERIES, TRANSACTIONS, MS)
@settings(deadline=None)
def test_events_of_a_track_nest(queries, transactions, duration_ms):
    trace = make_trace(*queries, transactions=tuple(transactions), duration_ms=duration_ms)

    tracks = defaultdict(list)
    for event in document_of(trace)["traceEvents"]:
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] == "X":
            assert event["ts"] >= 0 <= event["dur"]
            tracks[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    for spans in tracks.values():
        # In the order written, as speedscope takes them: what is around comes first.
        assert spans == sorted(spans, key=lambda span: (span[0], -span[1]))
        for number, (start, end) in enumerate(spans):
            for other_start, other_end in spans[number + 1 :]:
                assert other_start >= end or start <= other_start <= other_end <= end
    assert sum(map(len, tracks.values())) == len(queries) + len(transactions) + 1


def test_statement_is_inside_its_transaction_inside_the_request():
    trace = make_trace(
        make_query(started_ms=20.0, duration_ms=2.5, rows=3),
        transactions=(
            Transaction(alias="default", started_ms=10.0, duration_ms=30.0, outcome="committed"),
        ),
        duration_ms=100.0,
    )

    spans = [e for e in document_of(trace)["traceEvents"] if e["ph"] == "X"]

    assert [(e["cat"], e["tid"], e["ts"], e["dur"]) for e in spans] == [
        ("request", 1, 0, 100_000),
        ("db.transaction", 1, 10_000, 30_000),
        ("db.query", 1, 20_000, 2_500),
    ]
    assert [e["name"] for e in spans] == [
        "GET /posts/",
        "transaction, committed",
        "SELECT blog_post",
    ]


def test_parallel_statements_lie_side_by_side():
    trace = make_trace(
        *(make_query(started_ms=10.0 + n, duration_ms=50.0) for n in range(3)), duration_ms=100.0
    )

    found = events(trace, "db.query")

    assert [e["tid"] for e in found] == [1, 2, 3]
    assert thread_names(trace) == {1: "default", 2: "default (2)", 3: "default (3)"}


def test_databases_have_tracks_of_their_own():
    trace = make_trace(
        make_query(started_ms=1.0),
        make_query(started_ms=5.0, alias="replica"),
        make_query(started_ms=9.0),
    )

    assert [e["tid"] for e in events(trace, "db.query")] == [1, 1, 2]
    assert thread_names(trace) == {1: "default", 2: "replica"}


def test_statement_tells_what_is_known_of_it():
    site = make_site("/app/blog/views.py", 7, function="post_list")
    query = make_query(
        'SELECT * FROM "t" WHERE "a" = %s AND "b" = %s',
        params=(Decimal("1.5"), date(2025, 1, 1), float("nan"), b"\0", Redacted(4)),
        rows=2,
        error="no such table",
        site=site,
    )

    [event] = events(make_trace(query), "db.query")

    args = event["args"]
    assert args["params"] == ["1.5", "2025-01-01", "nan", {"base64": "AA=="}, "<redacted>"]
    assert args["sql"] == query.sql
    assert args["fingerprint"] == 'SELECT * FROM "t" WHERE "a" = ? AND "b" = ?'
    assert args["site"] == "/app/blog/views.py:7"
    assert (args["function"], args["rows"], args["error"]) == ("post_list", 2, "no such table")


def test_hint_is_marked_at_its_first_statement():
    same = [make_query(params=(1,), started_ms=float(at), site=make_site()) for at in range(10, 15)]
    trace = make_trace(make_query("SELECT 2"), *same)

    [mark] = events(trace, "hint")

    assert (mark["ph"], mark["s"], mark["ts"]) == ("i", "t", 10_000)
    assert mark["args"]["queries"] == [1, 2, 3, 4, 5]
    hinted = [e["args"].get("hints") for e in events(trace, "db.query")]
    assert hinted == [None, *[[mark["args"]["code"]]] * 5]


def test_trace_without_queries_has_its_own_event():
    trace = make_trace(kind="task", name="send mails", duration_ms=5.0)

    assert [e["name"] for e in events(trace, "task")] == ["send mails"]
    assert thread_names(trace) == {1: "task"}


def test_statements_that_follow_each_other_share_a_track():
    ends = [0.0]
    for step in range(200):
        ends.append(ends[-1] + 0.01 * (step % 7) + 1 / 3)
    queries = [make_query(started_ms=a, duration_ms=b - a) for a, b in pairwise(ends)]

    assert {e["tid"] for e in events(make_trace(*queries), "db.query")} == {1}
