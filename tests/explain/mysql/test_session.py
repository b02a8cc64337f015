"""MariaDB, asked through the runner: what the application sends, limits, failures, cancelling."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Count, F

from orm_insight.explain.base import Outcome
from orm_insight.explain.runner import cancellable, explain
from orm_insight.model.trace import Query
from tests.explain.recording import recorded
from tests.testapp.models import Country, Genre, Person

SLOW = "SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b WHERE a.seq %% 7 = b.seq %% 5"


@pytest.fixture(scope="module")
def models(mariadb: str) -> Iterator[str]:
    """The tables of the whole project, with the indexes and constraints that Django makes."""
    connection = connections[mariadb]
    with connection.schema_editor() as editor:
        for model in connection.introspection.get_migratable_models():
            if model._meta.can_migrate(connection) and model._meta.app_label != "pgapp":
                editor.create_model(model)
    yield mariadb
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"DROP TABLE {table}")


def query(sql: str, params: Any = ()) -> Query:
    return Query(index=0, sql=sql, params=params, alias="mariadb", vendor="mysql")


def state(alias: str) -> list[Any]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"CHECKSUM TABLE {', '.join(connections[alias].introspection.table_names())}"
        )
        return list(cursor.fetchall())


def test_everything_that_the_orm_sends(models: str) -> None:
    with recorded(models) as queries:
        use_the_orm(models)
    before = state(models)
    found = [explain(each, analyze=analyze) for each in queries for analyze in (False, True)]
    assert state(models) == before
    outcomes = {(one.query.sql.split()[0], one.outcome, one.analyzed) for one in found}
    assert outcomes == {
        ("INSERT", Outcome.EXPLAINED, False),
        ("UPDATE", Outcome.EXPLAINED, False),
        ("DELETE", Outcome.EXPLAINED, False),
        ("SELECT", Outcome.EXPLAINED, False),
        ("SELECT", Outcome.EXPLAINED, True),
        ("SAVEPOINT", Outcome.REFUSED, False),
        ("RELEASE", Outcome.REFUSED, False),
    }
    assert all(one.vendor == "mysql" for one in found)


def use_the_orm(alias: str) -> None:
    norway = Country.objects.using(alias).create(name="Norway")
    people, genres = Person.objects.using(alias), Genre.objects.using(alias)
    people.bulk_create(Person(name=f"p{i}", country=norway) for i in range(20))
    genres.bulk_create([Genre(id=1, name="a")], update_conflicts=True, update_fields=["name"])
    genres.bulk_create([Genre(id=1, name="a")], ignore_conflicts=True)
    genres.get_or_create(name="b")
    people.update(name=F("name"))
    ada = people.select_related("country").get(name="p3")
    people.bulk_update([ada], ["name"])
    list(people.filter(name__icontains="P", country__name="Norway").order_by("-name")[:3])
    list(Country.objects.using(alias).annotate(number=Count("people")))
    people.filter(name__in=["p1", "p2"]).exists()
    with transaction.atomic(using=alias):
        list(people.select_for_update(skip_locked=True))
        with transaction.atomic(using=alias):
            ada.save()
        people.filter(name="p5").delete()
    genres.all().delete()


def test_a_statement_over_its_time(mariadb: str) -> None:
    found = explain(query(SLOW), analyze=True, timeout_ms=300)
    assert found.outcome is Outcome.EXPLAINED
    assert not found.analyzed
    assert found.notice is not None and "ended it after 300 ms" in found.notice


def test_sleeping_is_ended_too(mariadb: str) -> None:
    found = explain(query("SELECT sleep(20)"), analyze=True, timeout_ms=200)
    assert not found.analyzed
    assert found.notice is not None and "200 ms" in found.notice


def test_a_table_that_somebody_else_has_locked(models: str) -> None:
    other = connections[models].copy()
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLES testapp_genre WRITE")
    try:
        found = explain(query("SELECT * FROM testapp_genre"), analyze=True, lock_timeout_ms=1000)
    finally:
        other.close()
    assert found.outcome is Outcome.FAILED
    assert found.error is not None and "after waiting 1 s for a lock" in found.error


def test_cancelling(mariadb: str) -> None:
    answers = []
    with cancellable("the page") as cancellation:
        ending = threading.Timer(0.5, cancellation.cancel)
        ending.start()
        answers.append(explain(query(SLOW), analyze=True, timeout_ms=60_000))
        ending.join()
    assert answers[0].error is not None and "Cancelled" in answers[0].error
    with connections[mariadb].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'ANA%'")
        assert cursor.fetchone() == (0,)


def test_a_password_that_is_wrong(mariadb: str) -> None:
    settings = connections[mariadb].settings_dict
    settings["USER"] = "nobody"
    try:
        found = explain(query("SELECT 1"), analyze=True)
    finally:
        settings["USER"] = "root"
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.error is not None and "cannot be reached" in found.error


def test_the_connection_of_the_request_is_left_alone(models: str) -> None:
    connection = connections[models]
    with transaction.atomic(using=models):
        Genre.objects.using(models).create(name="not committed")
        number = connection.connection.thread_id()
        found = explain(query("SELECT * FROM testapp_genre"), analyze=True)
        assert connection.connection.thread_id() == number
        assert Genre.objects.using(models).filter(name="not committed").exists()
        transaction.set_rollback(True, using=models)
    assert found.analyzed
    assert found.plan is not None
    assert not Genre.objects.using(models).exists()


def test_no_connection_stays_open(mariadb: str) -> None:
    with connections[mariadb].cursor() as cursor:
        cursor.execute("SELECT 1")
    for _ in range(3):
        explain(query("SELECT 1"), analyze=True)
    deadline = time.monotonic() + 5
    while count_connections(mariadb) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count_connections(mariadb) == 1


def count_connections(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE user = 'root'")
        return int(cursor.fetchone()[0])
