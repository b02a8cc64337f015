"""A trace goes into a document and comes back; what is no document is refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import orm_insight
from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Redacted
from orm_insight.stores.codec import UnreadableTraceError
from orm_insight.stores.documents import (
    FORMAT,
    MAX_DOCUMENT_BYTES,
    WrongValueError,
    check_trace,
    from_document,
    to_document,
)
from tests.builders import make_query, make_trace
from tests.stores.traces import full_trace, places_of, with_changed_place
from tests.testapp.factories import make_library
from tests.testapp.models import Book


def changed(recorded: orm_insight.Trace, **changes: Any) -> bytes:
    """The document with other values."""
    return json.dumps({**json.loads(to_document(recorded)), **changes}).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableTraceError) as caught:
        from_document(data)
    return str(caught.value)


def test_trace_comes_back_with_all_digits_and_types() -> None:
    trace = full_trace()
    odd = [make_query(params=(float("inf"), 1.5), started_ms=1 / 3, duration_ms=2 / 3e5)]
    trace = replace(trace, queries=QueryLog.of([*trace.queries, *odd]))

    again = from_document(to_document(trace))

    assert again == trace
    assert again.queries[-1].duration_ms == 2 / 3e5
    assert [list(map(type, query.params or ())) for query in again.queries] == [
        list(map(type, query.params or ())) for query in trace.queries
    ]


@pytest.mark.django_db
def test_recorded_trace_has_the_same_report() -> None:
    make_library(books=4)
    with orm_insight.capture("authors", deep=True) as block:
        for book in Book.objects.order_by("pk"):
            book.author.name  # noqa: B018  # reading is what loads it
    trace = block.finished()

    again = from_document(to_document(trace))

    assert again == replace(trace, queries=QueryLog.of(trace.queries))
    before, after = (orm_insight.insight.report_of(each) for each in (trace, again))
    assert before.hints
    assert after.to_dict() == before.to_dict()


def test_document_is_plain_json_that_says_what_it_is() -> None:
    document = json.loads(
        to_document(full_trace()),
        parse_constant=lambda name: pytest.fail(f"{name} is no JSON"),
    )

    assert (document["format"], document["version"]) == (FORMAT, 1)
    assert document["made_by"].startswith("orm_insight ")


def test_redacted_parameters_stay_redacted() -> None:
    data = to_document(make_trace(make_query(params=(Redacted(7), "open"))))

    assert from_document(data).queries[0].params == (Redacted(7), "open")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON, or incomplete: line 1, column 1"),
        (b"\x80\x04.", "it contains no text"),
        (b"[" * 100_000, "cannot be read as JSON: it is nested too deep"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", 'its "format" is not "orm-insight-trace"'),
        (b'{"traceEvents": []}', "Chrome trace events"),
        (b'{"version": 1, "trace": {}, "hints": [], "groups": []}', "report of a trace"),
        (b'{"format": "orm-insight-trace"}', "its version is not a number"),
        (b'{"format": "orm-insight-trace", "version": true}', "its version is not a number"),
        (b'{"format": "orm-insight-trace", "version": 1}', "'params' is missing"),
        (
            b'{"format": "orm-insight-trace", "version": 2, "made_by": "orm_insight 9.0"}',
            "has version 2 (made by orm_insight 9.0)",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_what_is_no_document_says_why(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_document_that_is_cut_off_is_refused_at_every_length() -> None:
    data = to_document(full_trace()).rstrip(b"\n")
    for length in range(0, len(data), 7):
        assert refusal(data[:length])


def test_document_that_is_too_large_is_refused_unread() -> None:
    assert "too large: 16.0 MiB" in refusal(b" " * (MAX_DOCUMENT_BYTES + 1))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"statement_ids": [0, 1, 99]}, "leads nowhere"),
        ({"statement_ids": [0, 1, -1]}, "damaged"),
        ({"row_counts": [1]}, "not of one length"),
        ({"durations_ms": [1, 2, -3]}, "durations_ms is out of range"),
        ({"durations_ms": [1, 2, 1e300]}, "durations_ms is out of range"),
        ({"params": [[1], {"d": [[1, 2]]}, None]}, "params of query 1 are no parameters"),
        ({"params": ["x", None, None]}, "params of query 0 are no parameters"),
        ({"params": [{"pickle": "x"}, None, None]}, "'pickle' is missing or not known"),
        ({"params": [[{"r": []}], None, None]}, "digest"),
        ({"kinds": [["os.system", ["command"]]]}, "'os.system' is missing or not known"),
        ({"errors": [["x", 1]]}, "errors is no number"),
    ],
    ids=str,
)
def test_damage_is_told(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(changed(full_trace(), **changes))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("started_at", {"t": "2025-01-01T00:00:00"}, "no moment with a time zone"),
        ("started_at", {"t": "0001-01-01T00:00:00+00:00"}, "no moment"),
        ("started_at", "now", "no moment"),
        ("duration_ms", "long", "duration_ms is no number"),
        ("status", 2**70, "status is no number from 0"),
        ("status", True, "status is no number from 0"),
        ("kind", "virus", "kind is none of its words"),
        ("name", None, "name is no str"),
        ("tags", {"m": [["a", 1]]}, "tags is no str"),
        ("overflow", [1], "overflow is no DroppedQueries"),
        ("transactions", {"f": []}, "transactions is no list"),
    ],
    ids=str,
)
def test_value_of_another_type_is_told(name: str, value: Any, reason: str) -> None:
    trace = json.loads(to_document(full_trace()))["trace"]

    assert reason in refusal(changed(full_trace(), trace={**trace, name: value}))


def test_parameters_nested_too_deep_are_refused() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = {"l": [deep]}

    assert "nested too deep" in refusal(
        changed(make_trace(make_query(params=(1,))), params=[[deep]])
    )


def test_everything_that_is_recorded_passes() -> None:
    trace = full_trace()
    check_trace(trace)
    with pytest.raises(WrongValueError):
        check_trace(replace(trace, name=7))


LEAVES = st.sampled_from([None, True, -1, 2**80, 1e308, "", "/etc/passwd", [], {}, {"o": 0}, [[]]])


DOCUMENT = json.loads(to_document(full_trace()))
PLACES = list(places_of(DOCUMENT))


@given(st.sampled_from(PLACES), LEAVES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_change_is_refused_or_harmless(path: tuple[Any, ...], leaf: Any) -> None:
    data = json.dumps(with_changed_place(DOCUMENT, path, leaf)).encode()
    try:
        trace = from_document(data)
    except UnreadableTraceError:
        return
    check_trace(trace)


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"\x89PNG\r\n", "it contains no text"), (b"[" + b"9" * 5_000 + b"]", "thousands of digits")],
)
def test_no_words_of_python(data: bytes, what: str) -> None:
    with pytest.raises(UnreadableTraceError, match=what):
        from_document(data)
