"""Facts about models, read from the real app registry."""

from __future__ import annotations

from typing import Any

import django
from django.apps import apps
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from orm_insight.model.schema import RelatedSet
from orm_insight.project.schema import _read_model, read_schema


def declare(
    name: str,
    base: type[models.Model] = models.Model,
    /,
    options: dict[str, Any] | None = None,
    **fields: models.Field,
) -> type[models.Model]:
    """A model of the test project without a table."""
    meta = type("Meta", (), {"app_label": "testapp", **(options or {})})
    return type(name, (base,), {"__module__": __name__, "Meta": meta, **fields})


def test_every_model_is_known_by_its_label():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}

    assert labels <= set(read_schema().models)


def test_facts_of_a_model():
    facts = read_schema().models["auth.User"]

    assert (facts.label, facts.name, facts.table, facts.pk) == (
        "auth.User",
        "User",
        "auth_user",
        "id",
    )
    assert facts.columns["last_login"] == "last_login"


def test_foreign_key_has_a_column_of_another_name():
    assert read_schema().models["admin.LogEntry"].columns["user_id"] == "user"


def test_table_of_a_many_to_many_field_is_a_model():
    facts = read_schema().models["auth.User_groups"]

    assert facts.table == "auth_user_groups"
    assert facts.columns["group_id"] == "group"


def test_version_is_the_running_one():
    schema = read_schema()

    assert schema.django_version == django.VERSION[:2]
    assert schema.has_fetch_modes is hasattr(models, "FETCH_PEERS")


def test_schema_is_read_once():
    assert read_schema() is read_schema()


def test_other_apps_are_another_schema():
    assert "auth.User" in read_schema().models

    with override_settings(INSTALLED_APPS=["django.contrib.contenttypes"]):
        assert set(read_schema().models) == {"contenttypes.ContentType"}

    assert "auth.User" in read_schema().models


@isolate_apps("tests.testapp")
def test_a_further_model_is_another_schema():
    before = read_schema()

    declare("Late")

    assert read_schema() is not before


@isolate_apps("tests.testapp")
def test_primary_key_and_column_of_other_names():
    code = models.CharField(primary_key=True, max_length=2, db_column="iso")

    facts = _read_model(declare("Country", code=code))

    assert (facts.table, facts.pk, facts.columns) == ("testapp_country", "code", {"iso": "code"})


@isolate_apps("tests.testapp")
def test_proxy_has_the_table_of_its_model():
    facts = _read_model(declare("Beach", declare("Place"), options={"proxy": True}))

    assert (facts.label, facts.table, facts.pk) == ("testapp.Beach", "testapp_place", "id")
    assert facts.columns == {"id": "id"}


@isolate_apps("tests.testapp")
def test_inherited_columns_belong_to_the_child_too():
    place = declare("Place", name=models.CharField(max_length=10))

    facts = _read_model(declare("Pub", place, beers=models.IntegerField()))

    assert (facts.table, facts.pk) == ("testapp_pub", "place_ptr")
    assert facts.columns == {
        "id": "id",
        "name": "name",
        "place_ptr_id": "place_ptr",
        "beers": "beers",
    }


@isolate_apps("tests.testapp")
def test_composite_primary_key_has_no_column():
    line = declare(
        "Line",
        pk=models.CompositePrimaryKey("order", "number"),
        order=models.IntegerField(),
        number=models.IntegerField(),
    )

    facts = _read_model(line)

    assert facts.pk == "pk"
    assert facts.columns == {"order": "order", "number": "number"}


def test_relations_to_several_objects_as_their_side_sees_them():
    sets = read_schema().models["testapp.Book"].sets

    assert sets["reviews"] == RelatedSet(
        lookup="book",
        key="pk",
        table="testapp_review",
        columns=("book_id",),
        accessor="reviews",
    )
    assert sets["chapter"].accessor == "chapter_set"
    assert sets["chapter"].lookup == "book"
    assert sets["genres"] == RelatedSet(
        lookup="books", key="pk", table="testapp_book_genres", columns=("book_id",)
    )
    assert sets["notes"] == RelatedSet(
        lookup="book",
        key="pk",
        table="testapp_note",
        columns=("content_type_id", "object_id"),
    )
    assert read_schema().models["testapp.Genre"].sets["books"].columns == ("genre_id",)
    assert "author" not in sets


def test_relation_of_a_parent_refers_to_the_parents_key():
    sets = read_schema().models["testapp.AudioBook"].sets

    assert sets["reviews"].key == "id"
    assert sets["genres"].key == "id"
    assert sets["notes"].lookup is None


def test_names_that_an_annotation_must_not_take():
    names = read_schema().models["testapp.Book"].names

    assert {"title", "author_id", "chapter", "reviews", "byline", "save"} <= names
    assert "review_count" not in names


@isolate_apps("tests.testapp")
def test_default_manager_of_another_name():
    assert _read_model(declare("Open", shown=models.Manager())).manager == "shown"


@isolate_apps("tests.testapp")
def test_relation_to_another_key_than_the_primary_one():
    place = declare("Place", code=models.CharField(max_length=2, unique=True))
    declare(
        "Visit",
        place=models.ForeignKey(place, models.CASCADE, to_field="code", related_name="visits"),
    )

    assert _read_model(place).sets["visits"].key == "code"


@isolate_apps("tests.testapp")
def test_many_to_many_through_a_model_of_the_project():
    place = declare("Place")
    tour = declare("Tour", stops=models.ManyToManyField(place, through="Stop", related_name="+"))
    declare(
        "Stop",
        place=models.ForeignKey(place, models.CASCADE),
        tour=models.ForeignKey(tour, models.CASCADE),
    )

    stops = _read_model(tour).sets["stops"]

    assert (stops.lookup, stops.table, stops.is_unique) == (None, "testapp_stop", False)


def test_unique_fields():
    """Keys to other objects are left out: in_bulk() would load those."""
    models = read_schema().models

    assert models["auth.User"].unique == {"id", "username"}
    assert models["testapp.Profile"].unique == {"id"}
