"""Traces go through bytes and come back the same; bytes that are none come back as an error."""

from __future__ import annotations

import ipaddress
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from psycopg.types.multirange import Int4Multirange
from psycopg.types.range import DateRange, Range

import orm_insight
from orm_insight import insight
from orm_insight.model.summary import summary_of
from orm_insight.model.trace import Redacted
from orm_insight.stores.codec import (
    UnreadableTraceError,
    decode,
    decode_summary,
    encode,
    encode_summary,
)
from orm_insight.stores.values import from_json, to_json
from tests.stores.traces import full_trace
from tests.testapp.factories import make_library
from tests.testapp.models import Book


class Size(IntEnum):
    SMALL = 3


class OwnRange(Range[int]):
    """A range of the project's own."""


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.ip_addresses(),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.text(), inner),
    ),
    max_leaves=20,
)


@given(VALUES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_parameters_keep_their_types(value: Any) -> None:
    again = from_json(to_json(value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        2**200,
        "\ud800 \x00",
        DateRange(date(2025, 1, 1), None, "[)"),
        Range(empty=True),
        {1, 2},
        frozenset({"a"}),
        datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime(2025, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ipaddress.ip_network("10.0.0.0/8"),
        Redacted(5),
        time(1, 2, tzinfo=UTC),
        Decimal("1E+5"),
        UUID(int=7),
    ],
    ids=repr,
)
def test_rarer_parameters(value: Any) -> None:
    again = from_json(to_json(value))
    assert again == value
    assert type(again) is type(value)


def test_json_parameter() -> None:
    again = from_json(to_json(Jsonb({"at": [1, None]})))
    assert isinstance(again, Jsonb)
    assert again.obj == {"at": [1, None]}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (SafeString("<b>"), "<b>"),
        (Size.SMALL, 3),
        (memoryview(b"x"), b"x"),
        (OwnRange(1, 2), Range(1, 2)),
    ],
)
def test_subclasses_are_what_the_driver_takes_them_for(value: Any, plain: Any) -> None:
    again = from_json(to_json(value))
    assert (again, type(again)) == (plain, type(plain))


@pytest.mark.parametrize("value", [object(), Int4Multirange([Range(1, 2)])])
def test_unknown_type_is_not_guessed(value: Any) -> None:
    assert isinstance(from_json(to_json(value)), Redacted)


def test_trace_comes_back() -> None:
    trace = full_trace()
    again = decode(encode(trace))
    assert list(again.queries) == list(trace.queries)
    assert replace(again, queries=()) == replace(trace, queries=())


def test_summary_comes_back() -> None:
    summary = summary_of(full_trace())
    assert decode_summary(encode_summary(summary)) == summary


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("deep", [False, True])
def test_report_is_the_same(*, alias: str, deep: bool) -> None:
    make_library(alias, books=5)
    with orm_insight.capture(deep=deep) as block:
        for book in Book.objects.using(alias).order_by("pk"):
            assert book.author.name
            assert book.reviews.count() == len(book.reviews.filter(rating=5)) + len(
                book.reviews.exclude(rating=5)
            )
    trace = block.finished()
    again = decode(encode(trace))
    # Times are written to a tenth of a microsecond.
    assert again.queries.durations_ms == pytest.approx(trace.queries.durations_ms, abs=1e-4)
    times = {name: getattr(again.queries, name) for name in ("started_ms", "durations_ms")}
    trace = replace(trace, queries=replace(trace.queries, **times))
    before, after = insight.report_of(trace), insight.report_of(again)
    assert before.hints
    assert before.to_dict() == after.to_dict()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_plan_of_a_decoded_query(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    with orm_insight.capture() as block, connections["default"].cursor() as cursor:
        values = [
            UUID(int=1),
            Decimal("1.5"),
            datetime(2025, 1, 1, tzinfo=UTC),
            [1, 2],
            Jsonb({"a": 1}),
            b"\x00",
            date(2025, 1, 1),
            timedelta(1),
            True,
            None,
            "text",
            DateRange(None, None),
        ]
        cursor.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
    trace = replace(decode(encode(block.finished())), id="decoded")
    insight.keep(trace)
    explanation = insight.explain("decoded", 0, analyze=True)
    assert explanation is not None
    assert explanation.analyzed, explanation.error


@pytest.mark.parametrize("write", [encode, lambda trace: encode_summary(summary_of(trace))])
def test_bytes_that_are_no_trace(write: Any) -> None:
    read = decode if write is encode else decode_summary
    data = write(full_trace())
    newer = data.replace(b"orm_insight\x01", b"orm_insight\x02", 1)
    foreign = [
        b"",
        b"\x80\x04.",
        b"orm_insight",
        newer,
        data[:-1] + bytes([data[-1] ^ 1]),
        b"orm_insight\x01{}",
    ]
    for bad in [*foreign, *(data[:length] for length in range(len(data)))]:
        with pytest.raises(UnreadableTraceError):
            read(bad)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_head(data: bytes) -> None:
    for content in (data, zlib.compress(data)):
        with pytest.raises(UnreadableTraceError):
            decode(b"orm_insight\x01" + content)
