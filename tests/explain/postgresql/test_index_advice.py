"""Indexes that are advised and tried on real servers, and what remains of the trial: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import connection, migrations, models
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Lower, Upper
from psycopg.conninfo import conninfo_to_dict

from orm_insight.explain.base import Explanation
from orm_insight.explain.runner import explain
from orm_insight.model.trace import Query
from orm_insight.project.schema import read_schema
from tests.explain.postgresql.entries import FILL, ROWS
from tests.explain.recording import recorded
from tests.explain.snapshot import snapshot
from tests.pgapp.models import Entry

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db(transaction=True, databases=["default"]),
]

NAMES = {
    "models": models,
    "migrations": migrations,
    "GinIndex": GinIndex,
    "OpClass": OpClass,
    "Upper": Upper,
    "Lower": Lower,
    "KeyTransform": KeyTransform,
    "AddIndexConcurrently": AddIndexConcurrently,
    "TrigramExtension": TrigramExtension,
}
entries = Entry.objects


@pytest.fixture
def filled(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL)


def statement(run: Callable[[], Any]) -> Query:
    with recorded() as queries:
        run()
    return queries[-1]


def advised(query: Query, **options: Any) -> Explanation:
    found = explain(query, analyze=True, schema=read_schema(), **options)
    assert found.error is None
    return found


def test_no_advice_where_an_index_serves(filled: None) -> None:
    for run in (
        lambda: list(entries.filter(owner=3)),
        lambda: list(entries.filter(pk__in=[1, 2, 3])),
        lambda: list(entries.order_by("-pk")[:10]),
        lambda: entries.count(),
        lambda: list(entries.filter(number__gt=2).values_list("pk", flat=True)),
    ):
        assert advised(statement(run)).advice == ()


def test_no_advice_for_a_small_table(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL.replace(str(ROWS), "400"))
    assert advised(statement(lambda: list(entries.filter(number=7)))).advice == ()


CASES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "equal": (lambda: list(entries.filter(number=7)), "ORM602", 'fields=["number"]'),
    "equal and range": (
        lambda: list(entries.filter(number__gte=39_000, kind="kind 3")),
        "ORM602",
        'fields=["kind", "number"]',
    ),
    "order": (
        lambda: list(entries.filter(kind="kind 4").order_by("-created_at")[:10]),
        "ORM602",
        'fields=["kind", "-created_at"]',
    ),
    "order alone": (
        lambda: list(entries.order_by("-created_at")[:10]),
        "ORM604",
        'fields=["-created_at"]',
    ),
    "startswith": (
        lambda: list(entries.filter(title__startswith="title abc")),
        "ORM602",
        'opclasses=["varchar_pattern_ops"]',
    ),
    "iexact": (lambda: list(entries.filter(title__iexact="X")), "ORM606", 'Upper("title")'),
    "json key": (
        lambda: list(entries.filter(document__color="c7")),
        "ORM606",
        'KeyTransform("color", "document")',
    ),
    "json contains": (
        lambda: list(entries.filter(document__contains={"color": "c7"})),
        "ORM602",
        'GinIndex(fields=["document"]',
    ),
    "array contains": (
        lambda: list(entries.filter(labels__contains=["l7"])),
        "ORM602",
        'GinIndex(fields=["labels"]',
    ),
    "aggregate": (
        lambda: entries.filter(number__lt=50).aggregate(models.Sum("number")),
        "ORM602",
        'fields=["number"]',
    ),
}


@pytest.mark.parametrize(("run", "hint", "code"), CASES.values(), ids=CASES)
def test_the_first_advice_helps_when_it_is_created(
    filled: None, run: Callable[[], Any], hint: str, code: str
) -> None:
    query = statement(run)
    first = advised(query).advice[0]
    assert (first.hint, first.model, first.is_verified) == (hint, "pgapp.Entry", False)
    assert code in first.meta
    before = snapshot()
    tried = advised(query, try_index=first.id).advice[0]
    assert snapshot() == before
    assert tried.id == first.id and tried.is_verified
    assert tried.trial is not None and tried.trial.after is not None
    assert {one.index for one in tried.trial.after.nodes()} >= {first.name}
    assert tried.trial.ms_before is not None and tried.trial.ms_after is not None


@pytest.mark.parametrize(("run", "hint", "code"), CASES.values(), ids=CASES)
def test_meta_and_migration_are_one_index_that_django_creates(
    filled: None, run: Callable[[], Any], hint: str, code: str
) -> None:
    query = statement(run)
    advice = advised(query).advice[0]
    names: dict[str, Any] = {}
    exec(advice.meta_imports, names)
    index = eval(advice.meta, names)
    exec(advice.migration.replace("[...]", "[]"), names)
    operation = names["Migration"].operations[-1]
    assert operation.index.deconstruct() == index.deconstruct()
    assert names["Migration"].atomic is False
    with connection.schema_editor() as editor:
        editor.add_index(Entry, index)
    try:
        plan = advised(query)
        assert advice.name in {one.index for one in plan.plan.nodes()}
        assert advice.id not in {other.id for other in plan.advice}
    finally:
        with connection.schema_editor() as editor:
            editor.remove_index(Entry, index)


def test_what_does_not_help_is_no_advice(filled: None) -> None:
    """All rows in an order that the query sorts by: the index saves the sort, not half."""
    query = statement(lambda: list(entries.filter(number__gt=1_000).order_by("title")))
    for advice in advised(query).advice:
        tried = advised(query, try_index=advice.id)
        assert all(other.id != advice.id or other.is_verified for other in tried.advice)
        if advice.id not in {other.id for other in tried.advice}:
            assert tried.notice is not None and "does not help" in tried.notice


def test_an_index_that_nobody_has_advised(filled: None) -> None:
    query = statement(lambda: list(entries.filter(number=7)))
    found = advised(query, try_index="1234567890")
    assert found.notice == "The plan has changed since, and no longer needs that index."
    assert [advice.trial for advice in found.advice] == [None]


def test_a_lock_that_is_held_is_waited_for_no_longer_than_allowed(filled: None) -> None:
    query = statement(lambda: list(entries.filter(number=7)))
    [advice] = advised(query).advice
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE pgapp_entry IN ROW EXCLUSIVE MODE")
        found = advised(query, try_index=advice.id, lock_timeout_ms=200)
    assert found.plan is not None
    assert found.notice is not None and "lock timeout" in found.notice


def test_a_statement_that_writes_in_secret_writes_nothing_over_the_new_index(filled: None) -> None:
    """The transaction in which the index is created is read-only before the statement runs."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE drawn")
        cursor.execute(
            "CREATE FUNCTION draws() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN "
            "BEGIN RETURN nextval('drawn'); EXCEPTION WHEN OTHERS THEN RETURN 0; END; END $$"
        )
    try:
        sql = "SELECT draws(), * FROM pgapp_entry WHERE number = 7"
        query = Query(index=0, sql=sql, vendor="postgresql")
        before = snapshot()
        [advice] = advised(query).advice
        assert advised(query, try_index=advice.id).advice[0].is_verified
        assert snapshot() == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION draws; DROP SEQUENCE drawn")


def test_partitions_lead_to_the_table_that_has_the_model(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pgapp_entry RENAME TO kept_entry")
        cursor.execute(
            "CREATE TABLE pgapp_entry (LIKE kept_entry) PARTITION BY RANGE (number);"
            "CREATE TABLE pgapp_entry_1 PARTITION OF pgapp_entry FOR VALUES FROM (0) TO (20000);"
            "CREATE TABLE pgapp_entry_2 PARTITION OF pgapp_entry FOR VALUES FROM (20000) TO (99999)"
        )
        cursor.execute(
            FILL.replace("(owner_id", "(id, owner_id").replace("SELECT i", "SELECT i, i")
        )
    try:
        query = statement(lambda: list(entries.filter(title="nothing")))
        [advice] = advised(query).advice
        assert (advice.model, advice.table) == ("pgapp.Entry", "pgapp_entry")
        assert advised(query, try_index=advice.id).advice[0].is_verified
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE pgapp_entry; ALTER TABLE kept_entry RENAME TO pgapp_entry")


@pytest.fixture
def on_postgres15(postgres15: str, database: dict[str, Any]) -> Iterator[None]:
    """The alias leads to PostgreSQL 15 with hypopg and pg_trgm, the table of entries filled."""
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(Entry)
        ddl = [line for line in editor.collected_sql if not line.startswith("--")]
    with psycopg.connect(postgres15, autocommit=True) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS hypopg")
        for line in (*ddl, *FILL.strip().split(";\n")):
            server.execute(line.encode())
        parts = conninfo_to_dict(postgres15)
        database.update(
            NAME=parts["dbname"],
            USER=parts.get("user", ""),
            HOST=parts.get("host", ""),
            PORT=str(parts.get("port", "")),
            PASSWORD=parts.get("password", ""),
        )
        yield
        server.execute("DROP TABLE pgapp_entry; DROP EXTENSION hypopg")


def test_hypopg_verifies_without_being_asked(transactional_db: None, on_postgres15: None) -> None:
    query = statement_text(lambda: entries.filter(kind="kind 4").order_by("-created_at")[:10])
    [advice] = advised(query).advice
    assert advice.is_verified and advice.trial is not None
    assert advice.trial.method == "hypopg"
    assert 'fields=["kind", "-created_at"]' in advice.meta
    assert advice.trial.cost_after * 2 <= advice.trial.cost_before
    assert advice.trial.ms_after is None


def test_what_hypopg_finds_useless_is_not_said(transactional_db: None, on_postgres15: None) -> None:
    useless = statement_text(lambda: entries.filter(number__gt=500, title="x"))
    metas = [advice.meta for advice in advised(useless).advice]
    assert metas == ['models.Index(fields=["title", "number"], name="entry_title_number_idx")']
    sorted_all = statement_text(lambda: entries.filter(number__gt=10).order_by("title"))
    assert advised(sorted_all).advice == ()


def test_a_trigram_index_is_tried_with_its_extension(
    transactional_db: None, on_postgres15: None, postgres15: str
) -> None:
    query = statement_text(lambda: entries.filter(title__icontains="abcdef"))
    [advice] = advised(query).advice
    assert (advice.hint, advice.is_verified) == ("ORM603", False)
    assert "TrigramExtension()," in advice.migration
    tried = advised(query, try_index=advice.id)
    assert tried.advice[0].is_verified
    with psycopg.connect(postgres15) as server:
        found = server.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").fetchone()
    assert found is None


def statement_text(queryset: Callable[[], Any]) -> Query:
    """The statement that the ORM would send, without sending it."""
    sql, params = queryset().query.sql_with_params()
    return Query(index=0, sql=sql, params=params, vendor="postgresql")
