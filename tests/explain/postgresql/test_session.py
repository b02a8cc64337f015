"""EXPLAIN on a real PostgreSQL: parameters with their types, a connection of its own."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from orm_insight.explain.runner import explain
from orm_insight.explain.serialization import explanation_to_dict
from tests.explain.recording import query, recorded
from tests.pgapp.models import Mood, Specimen

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
# EXPLAIN sees what is committed.
committed = pytest.mark.django_db(transaction=True)

EAST = timezone(timedelta(hours=5, minutes=30))


VALUES = [
    pytest.param("uuid", uuid.UUID(int=5), id="uuid"),
    pytest.param("numeric", Decimal("10.50"), id="decimal"),
    pytest.param("timestamptz", datetime(2025, 3, 30, 2, 30, tzinfo=EAST), id="aware datetime"),
    pytest.param("timestamp", datetime(2025, 3, 30, 2, 30), id="naive datetime"),
    pytest.param("date", date(2025, 2, 28), id="date"),
    pytest.param("time", time(23, 59, 59, 999999), id="time"),
    pytest.param("timetz", time(1, 2, tzinfo=EAST), id="aware time"),
    pytest.param("interval", timedelta(days=-3, microseconds=7), id="interval"),
    pytest.param("text[]", ["a'b", 'c"d', "{,}", "%s", None], id="array of text"),
    pytest.param("int2[]", [[1, 2], [3, 4]], id="nested array"),
    pytest.param("uuid[]", [uuid.UUID(int=1)], id="array of uuid"),
    pytest.param("int4range", Range(1, 5), id="range"),
    pytest.param("tstzrange", Range(datetime(2025, 1, 1, tzinfo=UTC), None), id="open range"),
    pytest.param("int4multirange", Multirange([Range(1, 3), Range(5, 9)]), id="multirange"),
    pytest.param("jsonb", Jsonb({"a": ["%s", None, "'"]}), id="json"),
    pytest.param("bytea", b"\x00\xff'%s", id="bytes"),
    pytest.param("bytea", memoryview(b"\x00\x01"), id="memoryview"),
    pytest.param("text", Mood.WILD, id="enum"),
    pytest.param("inet", ipaddress.ip_address("2001:db8::1"), id="address"),
    pytest.param("cidr", ipaddress.ip_network("10.0.0.0/8"), id="network"),
    pytest.param("text", "100 %s %% '; DROP TABLE x; -- \\ é", id="hostile text"),
    pytest.param("bool", True, id="bool"),
    pytest.param("float8", float("inf"), id="infinity"),
    pytest.param("int8", 2**62, id="large integer"),
]


@pytest.mark.parametrize(("type_name", "value"), VALUES)
def test_a_parameter_keeps_its_type(binding: None, type_name: str, value: Any) -> None:
    statement = f"SELECT 1 FROM (SELECT %s::{type_name} AS a) AS t WHERE a = %s OFFSET 0"
    found = explain(query(statement, (value, value)), analyze=True)
    assert found.analyzed, found.error
    assert found.plan is not None and found.plan.root.rows == 1


def test_none_and_named_parameters(binding: None) -> None:
    statement = "SELECT 1 WHERE %(a)s::text IS NULL AND %(b)s::int = 3 AND 'a%%' = %(c)s"
    params = {"a": None, "b": 3, "c": "a%", "unused": 1}
    found = explain(query(statement, params), analyze=True)
    assert found.plan is not None and found.plan.root.rows == 1, found.error


@committed
def test_what_the_orm_sends_finds_its_row() -> None:
    row = Specimen.objects.create(
        price=Decimal("9.99"),
        seen_at=datetime(2025, 1, 1, 12, tzinfo=EAST),
        duration=timedelta(hours=3),
        labels=["a", "b"],
        matrix=[[1, 2]],
        span=Range(1, 10),
        document={"a": {"b": "c"}},
        content=b"\x00\x01",
        address="10.0.0.1",
        mood=Mood.WILD,
    )
    with recorded() as queries:
        list(Specimen.objects.filter(uid=row.uid, price=row.price, duration=row.duration))
        list(Specimen.objects.filter(seen_at=row.seen_at, seen_at__date=date(2025, 1, 1)))
        list(Specimen.objects.filter(labels__contains=["a"], matrix=row.matrix))
        list(Specimen.objects.filter(span__contains=5, span=row.span))
        list(Specimen.objects.filter(document__a__b="c", document__contains={"a": {}}))
        list(Specimen.objects.filter(content=row.content, address=row.address, mood=row.mood))
        list(Specimen.objects.filter(period=None, price__in=[row.price, Decimal(1)]))
        list(Specimen.objects.raw("SELECT * FROM pgapp_specimen WHERE mood = %s", ["wild"]))
        list(Specimen.objects.raw("SELECT * FROM pgapp_specimen WHERE mood LIKE 'wi%%'", []))
        list(Specimen.objects.filter(mood=Mood.WILD).iterator())
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM pgapp_specimen WHERE mood = %(m)s", {"m": Mood.WILD})
            cursor.execute("SELECT * FROM pgapp_specimen WHERE mood LIKE 'wi%'")
    assert len(queries) == 12
    for captured in queries:
        found = explain(captured, analyze=True)
        assert found.analyzed, found.error
        assert found.plan is not None and found.plan.root.rows == 1, captured.sql


def test_composed_sql() -> None:
    composed = sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
        sql.Literal("100%%"), sql.Identifier("pgapp_specimen"), sql.Identifier("mood")
    )
    for statement in (composed, composed.as_string(None)):
        found = explain(query(statement, ("calm",)), analyze=True)
        assert found.analyzed, found.error
    assert 'FROM "pgapp_specimen"' in composed.as_string(None)


def test_the_plan_as_text_and_json() -> None:
    found = explain(query("SELECT * FROM pgapp_specimen WHERE mood = %s", ("x",)), analyze=True)
    assert found.plan is not None
    assert found.payload[0]["Plan"]["Node Type"] == "Seq Scan"
    lines = found.text.splitlines()
    assert lines[0].startswith("Seq Scan on public.pgapp_specimen  (cost=")
    assert "(actual time=" in lines[0]
    assert any(line.startswith("  Filter: ") for line in lines)
    assert lines[-1].startswith("Execution Time: ")
    assert explanation_to_dict(found)["plan"]["root"]["relation"] == "pgapp_specimen"


def test_the_first_of_many_sets_of_parameters() -> None:
    found = explain(query("SELECT %s::int", (1,), batch_size=3), analyze=False)
    assert found.notice == "This is the plan for the first of 3 sets of parameters."


def test_no_connection_is_left_and_the_requests_own_is_untouched() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
        for _ in range(3):
            explain(query("SELECT 1"), analyze=True)
            explain(query("SELECT nonsense"), analyze=True)
        assert connection.connection.info.backend_pid == pid
        assert not connection.connection.read_only
        others = [1]
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while others and datetime.now(UTC) < deadline:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND pid <> %s",
                [pid],
            )
            others = cursor.fetchall()
    assert others == []


def test_other_settings_of_the_project(database: dict[str, Any]) -> None:
    database.update(AUTOCOMMIT=False, ATOMIC_REQUESTS=True, CONN_MAX_AGE=None)
    database["OPTIONS"].update(isolation_level=psycopg.IsolationLevel.SERIALIZABLE)
    found = explain(query("SELECT 1"), analyze=True)
    assert found.analyzed, found.error


@committed
def test_a_pool_is_left_alone(database: dict[str, Any]) -> None:
    pytest.importorskip("psycopg_pool")
    connection.close()
    database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert explain(query("SELECT 1"), analyze=True).analyzed
            assert connection.pool.get_stats()["requests_num"] == 1
    finally:
        connection.close()
        connection.close_pool()
