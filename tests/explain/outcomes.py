"""Outcomes of the statements that EXPLAIN may get."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import F

from orm_insight.explain.base import Explanation
from tests.pgapp.models import Specimen
from tests.testapp.models import Country, Genre, Person


def check_outcomes(found: list[Explanation]) -> None:
    outcomes = {(one.query.sql.split()[0], one.outcome) for one in found}
    assert {verb for verb, outcome in outcomes if outcome == "explained"} == {
        "INSERT",
        "SELECT",
        "UPDATE",
        "DELETE",
    }
    assert {verb for verb, outcome in outcomes if outcome != "explained"} == {
        "SAVEPOINT",
        "RELEASE",
    }


def use_the_orm(alias: str = "default") -> None:
    """The ORM's writes and locks, where the routers lead to ``alias``."""
    country = Country.objects.create(name="Norway")
    ada = Person.objects.create(name="Ada", country=country)
    Person.objects.bulk_create([Person(name=f"p{i}", country=country) for i in range(5)])
    Genre.objects.bulk_create(
        [Genre(id=101, name="a"), Genre(id=102, name="b")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name"],
    )
    Genre.objects.bulk_create([Genre(id=101, name="a")], ignore_conflicts=True)
    Genre.objects.get_or_create(name="c")
    Person.objects.update(name=F("name"))
    Person.objects.bulk_update([ada], ["name"])
    Specimen.objects.create(uid=uuid.uuid4(), document={"a": [1]}, labels=["x"])
    list(Person.objects.iterator(chunk_size=2))
    with transaction.atomic(using=alias):
        list(Person.objects.select_for_update(of=("self",)).select_related("country"))
        list(Person.objects.select_for_update(skip_locked=True, no_key=True))
        with transaction.atomic(using=alias):
            ada.save()
        transaction.set_rollback(True, using=alias)
    country.delete()
