"""The text for the shell sqlite3 asks the same as what Django has sent."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connections
from django.db.models.functions import TruncYear

from orm_insight.model.trace import REDACTED
from orm_insight.ui.runnable import runnable
from tests.builders import make_query
from tests.explain.recording import recorded
from tests.testapp.factories import make_library
from tests.testapp.models import Book
from tests.ui.runnable.values import TEXT, plain

VALUES = {
    "text": TEXT,
    "text with a NUL": "a\0b'",
    "number": 2**62,
    "negative number": -3,
    "float": 0.1 + 0.2,
    "endless float": float("-inf"),
    "no number": float("nan"),
    "decimal": Decimal("-1.10"),
    "true": True,
    "null": None,
    "bytes": b"\x00\xff'",
    "memoryview": memoryview(b"\x00"),
    "date": date(2024, 2, 29),
    "moment": datetime(2024, 7, 1, 12),
}


def copied(captured) -> str:
    copies = runnable(captured)
    assert copies.why_not == ""
    assert copies.runnable.shell == "sqlite3"
    return plain(copies.runnable.markup)


def fetched(text: str, database: str = ":memory:") -> list:
    with closing(sqlite3.connect(database)) as bare:
        return bare.execute(text).fetchall()


@pytest.mark.django_db(databases=["sqlite"])
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_value_is_the_same(value):
    statement = "SELECT %s, typeof(%s), hex(%s), '100%%'"

    with connections["sqlite"].cursor() as cursor:
        expected = cursor.execute(statement, (value,) * 3).fetchall()

    assert fetched(copied(make_query(statement, params=(value,) * 3))) == expected


@pytest.mark.django_db(databases=["sqlite"], transaction=True)
def test_what_the_orm_asks_finds_the_same_rows():
    make_library("sqlite", books=4)
    with recorded("sqlite") as queries:
        titles = list(
            Book.objects.using("sqlite")
            .filter(title__icontains="O", pages__gt=0)
            .order_by("title")[1:3]
            .values_list("title", flat=True)
        )

    assert titles
    database = connections["sqlite"].settings_dict["NAME"]
    assert [row[0] for row in fetched(copied(queries[0]), str(database))] == titles


@pytest.mark.django_db(databases=["sqlite"])
def test_functions_of_django_are_not_known_to_the_shell():
    with recorded("sqlite") as queries:
        list(Book.objects.using("sqlite").annotate(year=TruncYear("published")))

    copies = runnable(queries[0])

    assert copies.runnable is None
    assert "django_date_trunc() is a function that Django adds" in copies.why_not


def test_name_of_such_a_function_in_a_text_is_nothing():
    assert copied(make_query("SELECT 'md5(1)'")) == "SELECT 'md5(1)';"


def test_number_beyond_sixty_four_bits_has_no_literal():
    assert "too large" in runnable(make_query("SELECT %s", params=(2**64,))).why_not


def shell(text: str) -> str:
    binary = shutil.which("sqlite3")
    if binary is None:
        pytest.skip("the shell sqlite3 is missing")
    options = {"capture_output": True, "text": True, "check": False}
    done = subprocess.run([binary, "-bail"], input=text, **options)
    assert done.stderr == ""
    return done.stdout


def test_shell_reads_hostile_text_as_it_is():
    found = shell(copied(make_query("SELECT length(%s), %s", params=(TEXT, 5))))

    assert found == f"{len(TEXT)}|5\n"


def test_withheld_values_are_parameters_to_fill_in():
    text = copied(make_query("SELECT %s || %s", params=("one", REDACTED)))

    assert shell(text) == "one\n"
    assert shell(text.replace('''"''"''', '''"'two''s'"''')) == "onetwo's\n"
