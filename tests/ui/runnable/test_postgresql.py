"""The text for psql asks the same as what Django has sent: on a real PostgreSQL."""

from __future__ import annotations

import ipaddress
import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from psycopg.types.json import Json, Jsonb
from psycopg.types.multirange import Int4Multirange
from psycopg.types.numeric import Int4
from psycopg.types.range import DateRange, Int4Range, Range

from orm_insight.capture.redaction import redact_everything
from orm_insight.ui import runnable as statement
from orm_insight.ui.runnable import MAX_CHARACTERS, NO_DRIVER, runnable
from tests.builders import make_query
from tests.explain.recording import query, recorded
from tests.pgapp.models import Specimen
from tests.ui.runnable.values import TEXT, plain

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(databases="__all__")]

BERLIN = ZoneInfo("Europe/Berlin")
VALUES = {
    "text": ("text", TEXT),
    "empty text": ("text", ""),
    "backslash at the end": ("text", "\\"),
    "number": ("bigint", 2**62),
    "negative number": ("int", -3),
    "typed number": ("int", Int4(7)),
    "float": ("float8", 0.1),
    "endless float": ("float8", float("-inf")),
    "decimal": ("numeric", Decimal("-1.10")),
    "true": ("bool", True),
    "null": ("text", None),
    "bytes": ("bytea", b"\x00\xff'\\%s"),
    "memoryview": ("bytea", memoryview(b"\\x00")),
    "date": ("date", date(2024, 2, 29)),
    "moment": ("timestamptz", datetime(2024, 7, 1, 12, tzinfo=BERLIN)),
    "moment with microseconds": ("timestamptz", datetime(2024, 7, 1, 12, 0, 0, 7, tzinfo=UTC)),
    "naive moment": ("timestamp", datetime(2024, 7, 1, 12)),
    "time": ("time", time(23, 59, 59, 1)),
    "duration": ("interval", timedelta(days=-1, seconds=5, microseconds=1)),
    "uuid": ("uuid", UUID(int=5)),
    "address": ("inet", ipaddress.ip_address("10.0.0.1")),
    "network": ("cidr", ipaddress.ip_network("2001:db8::/32")),
    "list of numbers": ("int[]", [1, None, 3]),
    "empty list": ("int[]", []),
    "list of texts": ("text[]", [TEXT, None, "NULL", "{a,b}", '"']),
    "list of lists": ("int[]", [[1, 2], [3, 4]]),
    "list of bytes": ("bytea[]", [b"\x00\\'\"", b""]),
    "list of moments": ("timestamptz[]", [datetime(2024, 7, 1, tzinfo=UTC)]),
    "jsonb": ("jsonb", Jsonb({"a": [1, TEXT, None], "b%": {}})),
    "json": ("json", Json([TEXT])),
    "range": ("int4range", Int4Range(1, 5, "[]")),
    "range of any type": ("int4range", Range(1, 5)),
    "endless range": ("daterange", DateRange(date(2024, 1, 1), None)),
    "empty range": ("int4range", Range(empty=True)),
    "range of moments": ("tstzrange", DateTimeTZRange(datetime(2024, 1, 1, tzinfo=UTC), None)),
    "multirange": ("int4multirange", Int4Multirange([Int4Range(1, 2), Int4Range(5, 6)])),
}


def connect() -> psycopg.Connection:
    """Without Django, to the database of the test."""
    params = connection.get_connection_params()
    keys = ("dbname", "user", "host", "port", "password")
    return psycopg.connect(**{key: params[key] for key in keys if params.get(key)})


def fetched(text: str) -> list:
    """The rows that a text without parameters asks for, over the simple protocol."""
    with connect() as bare:
        bare.execute("SET TIME ZONE 'UTC'", prepare=False)
        return bare.execute(text, prepare=False).fetchall()


@pytest.mark.parametrize(("kind", "value"), VALUES.values(), ids=VALUES)
def test_value_is_the_same(kind, value):
    statement = f"SELECT (%s::{kind})::text, %s::{kind} IS NULL, '100%%'"

    with connection.cursor() as cursor:
        cursor.execute(statement, (value, value))
        expected = cursor.fetchall()

    assert fetched(copied(query(statement, (value, value)))) == expected


def specimens():
    at = datetime(2024, 7, 1, 12, tzinfo=BERLIN)
    yield Specimen.objects.filter(uid=UUID(int=1), price=Decimal("1.50"))
    yield Specimen.objects.filter(seen_at=at, duration=timedelta(hours=-1))
    yield Specimen.objects.filter(labels=["a'b", "c"], matrix=[[1, 2], [3, 4]])
    yield Specimen.objects.filter(labels__contains=["c"], labels__len=2)
    yield Specimen.objects.filter(span=(1, 5), period__contains=at)
    yield Specimen.objects.filter(document={"a": "it's"}, document__a="it's")
    yield Specimen.objects.filter(content=b"\x00\xff", address="10.0.0.1")
    yield Specimen.objects.filter(labels__0__icontains="A'", mood="calm")
    yield Specimen.objects.filter(price__in=[1, Decimal("1.5")]).exclude(price__lt=Decimal("-1"))


@pytest.mark.parametrize("number", range(9))
def test_what_the_orm_asks_finds_the_same_rows(number, transactional_db):
    Specimen.objects.create(
        uid=UUID(int=1),
        price=Decimal("1.50"),
        seen_at=datetime(2024, 7, 1, 10, tzinfo=UTC),
        duration=timedelta(hours=-1),
        labels=["a'b", "c"],
        matrix=[[1, 2], [3, 4]],
        span=(1, 5),
        period=(datetime(2024, 1, 1, tzinfo=UTC), None),
        document={"a": "it's"},
        content=b"\x00\xff",
        address="10.0.0.1",
    )
    with recorded() as queries:
        pks = [specimen.pk for specimen in list(specimens())[number]]

    assert pks
    assert [row[0] for row in fetched(copied(queries[0]))] == pks


def test_statement_is_one_and_ends_with_a_semicolon():
    assert copied(query("SELECT 1 ; ", None)) == "SELECT 1;"
    assert copied(query("SELECT 1 -- one", None)) == "SELECT 1 -- one\n;"


def test_percent_signs_without_parameters_are_themselves():
    assert copied(query("SELECT '%s', 5 %% 2", None)) == "SELECT '%s', 5 %% 2;"
    assert copied(query("SELECT 5 %% 2", ())) == "SELECT 5 % 2;"


def test_names_may_come_again():
    found = copied(query("SELECT %(a)s, %(b)s, %(a)s", {"a": 1, "b": "x"}))

    assert found == "SELECT 1, 'x', 1;"


def test_negative_number_behind_a_minus_is_no_comment():
    assert fetched(copied(query("SELECT 1 -%s", (-3,)))) == [(4,)]


def test_of_many_sets_the_first_is_copied():
    found = copied(query("INSERT INTO a VALUES (%s)", (1,), batch_size=1_000))

    assert found.splitlines()[0] == "-- The first of 1,000 sets of parameters."
    assert found.endswith("VALUES (1);")


@pytest.mark.parametrize(
    ("captured", "reason"),
    [
        (query("SELECT %s", ("a\0b",)), "NUL"),
        (query("SELECT %s", ({1},)), "cannot adapt"),
        (query("SELECT %s, %s", (1,)), "no parameter 2"),
        (query("SELECT %s", (1, 2)), "1 placeholders for 2 parameters"),
        (query("SELECT %s", ("x" * MAX_CHARACTERS,)), "longer than 100,000"),
        (query(f"SELECT '{'x' * MAX_CHARACTERS}'", None), "longer than 100,000"),
        (query("COPY a FROM STDIN", None), "COPY"),
    ],
)
def test_what_cannot_run_is_not_offered(captured, reason):
    copies = runnable(captured)

    assert copies.runnable is None
    assert reason in copies.why_not


def test_value_that_fails_to_be_written_is_told():
    class Broken:
        def __conform__(self, protocol):
            raise RuntimeError("broken")

    copies = runnable(make_query("SELECT %s", params=(Broken(),)))

    assert copies.runnable is None
    assert copies.why_not.startswith("Not available for sqlite3: a value cannot be written")


def test_nothing_is_said_of_an_unknown_database():
    assert runnable(make_query(vendor="oracle")) == runnable(make_query("", vendor="postgresql"))


def psql(text: str) -> str:
    binary = shutil.which("psql")
    if binary is None:
        pytest.skip("psql is missing")
    params = connection.get_connection_params()
    keys = ("dbname", "user", "host", "port", "password")
    options = [f"{key}={params[key]}" for key in keys if params.get(key)]
    done = subprocess.run(
        [binary, "-XAtq", "-v", "ON_ERROR_STOP=1", " ".join(options)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_psql_reads_hostile_text_as_it_is():
    assert psql(copied(query("SELECT length(%s), %s::int", (TEXT, 5)))) == f"{len(TEXT)}|5\n"


def test_withheld_values_are_variables_to_fill_in():
    statement = (
        'SELECT %s || %s, "name" FROM (VALUES (1, \'x\')) "a" ("id", "name") WHERE "id" = %s'
    )
    params = redact_everything(statement, ("one", "two", 1))

    copies = runnable(query(statement, ("one", *params[1:])))
    text = plain(copies.runnable.markup)

    assert copies.runnable.note == "2 values were withheld: fill in on top."
    assert "-- p3: id\n\\set p3 ''\n" in text
    assert "two" not in text
    filled = text.replace("\\set p2 ''", "\\set p2 'it''s'").replace("\\set p3 ''", "\\set p3 1")
    assert psql(filled) == "oneit's|x\n"


def copied(captured) -> str:
    copies = runnable(captured)
    assert copies.why_not == ""
    assert copies.runnable.shell == "psql"
    return plain(copies.runnable.markup)


def test_without_psycopg_3_the_page_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: str) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")

    monkeypatch.setattr(statement, "import_string", missing)

    assert runnable(query("SELECT 1")).why_not == NO_DRIVER
