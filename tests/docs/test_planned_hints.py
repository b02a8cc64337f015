"""The examples in the documents about hints that come from plans, run on PostgreSQL.

The first example is a function that gives the hint; what the second one writes takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import connection, migrations, models
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.test import RequestFactory

from orm_insight.model.hint import Hint
from tests.docs.examples import PLANNED, examples, function_of
from tests.hints.tools import explained_report
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db(databases="__all__", transaction=True),
]

NAMES = {"models": models, "GinIndex": GinIndex, "OpClass": OpClass, "Upper": Upper}
INDEX = re.compile(r"indexes = \[(.*)\]")


@pytest.fixture(autouse=True)
def many_books(transactional_db: None) -> None:
    library = make_library("default", books=4)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO testapp_book (title, pages, body, published, author_id, publisher_id) "
            "SELECT 'Volume ' || i %% 500, i %% 500, md5(i::text), "
            "CASE WHEN i %% 100 > 0 THEN date '2000-01-01' + i %% 9000 END, %s, %s "
            "FROM generate_series(1, 60000) AS i",
            [library.books[0].author_id, library.books[0].publisher_id],
        )
        cursor.execute("ANALYZE testapp_book")


def hint_of(code: str, function: Callable[[HttpRequest], Any]) -> Hint | None:
    request = RequestFactory().get("/")
    report = explained_report(lambda: function(request), slow_ms=0.0)
    return next((hint for hint in report.hints if hint.code == code), None)


def first(code: str, folder: Path) -> Callable[[HttpRequest], Any]:
    return function_of(examples(code)[0], folder / f"example_{code}.py")


def test_every_code_has_examples() -> None:
    assert {code: len(examples(code)) for code in PLANNED} == {
        **dict.fromkeys(PLANNED, 2),
        "ORM601": 3,
    }


@pytest.mark.parametrize("code", ["ORM602", "ORM603", "ORM604", "ORM606"])
def test_the_index_of_the_document_is_that_of_the_hint(code: str, tmp_path: Path) -> None:
    function = first(code, tmp_path)
    hint = hint_of(code, function)
    assert hint is not None
    [written] = INDEX.findall(examples(code)[1])
    assert hint.fix == written
    if code == "ORM603":  # The extension that it needs is not part of the embedded server.
        return
    index = eval(written, NAMES)
    with connection.schema_editor() as editor:
        editor.add_index(Book, index)
    try:
        assert hint_of(code, function) is None
    finally:
        with connection.schema_editor() as editor:
            editor.remove_index(Book, index)


def test_statistics(tmp_path: Path) -> None:
    function = first("ORM605", tmp_path)
    assert hint_of("ORM605", function) is not None
    operation = eval(examples("ORM605")[1], {"migrations": migrations})
    with connection.cursor() as cursor:
        cursor.execute(operation.sql)
        cursor.execute("ANALYZE testapp_book")
        try:
            assert hint_of("ORM605", function) is None
        finally:
            cursor.execute(operation.reverse_sql)


def test_a_slow_statement(tmp_path: Path) -> None:
    function = first("ORM601", tmp_path)
    request = RequestFactory().get("/")
    report = explained_report(lambda: function(request), slow_ms=0.0)
    assert {hint.code for hint in report.hints} & PLANNED
