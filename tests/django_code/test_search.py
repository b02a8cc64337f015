"""Code that is offered runs, and asks exactly what was captured; else there is none."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

import orm_insight
from orm_insight import insight
from orm_insight.django_code import find_code
from orm_insight.model.trace import REDACTED, Query
from orm_insight.project.schema import read_schema
from orm_insight.stores.values import to_json
from tests.explain.recording import recorded
from tests.routers import OneDatabase
from tests.scenarios import load
from tests.scenarios import models as shelves
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person


def fill(alias: str) -> None:
    make_library(alias, books=5)
    shelves.fill(alias)


pytestmark = [pytest.mark.django_db(databases="__all__"), seeded_by(fill)]


@pytest.fixture(autouse=True)
def database(alias, settings):
    settings.DATABASE_ROUTERS = ["tests.routers.OneDatabase", *settings.DATABASE_ROUTERS]
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    OneDatabase.alias = alias
    yield
    OneDatabase.alias = "default"


def source_of(file: str) -> str | None:
    path = Path(file)
    return path.read_text(encoding="utf-8") if path.is_file() else None


def captured(run) -> tuple[Query, ...]:
    with orm_insight.capture() as trace:
        run()
    return tuple(insight.trace(trace.id).queries)


def found(query: Query, source: Any = source_of):
    return find_code(query, read_schema(), source)


def asked_by(code: str, alias: str) -> Any:
    """The first statement of pasted code."""
    tree = ast.parse(code)
    names: dict[str, Any] = {}
    exec(compile(ast.Module(tree.body[:-1], []), "<pasted>", "exec"), names)
    last = compile(ast.Expression(tree.body[-1].value), "<pasted>", "eval")
    with recorded(alias) as queries:
        value = eval(last, names)
        if isinstance(value, QuerySet):
            list(value)
    return queries[0]


def check(query: Query, code: str) -> None:
    asked = asked_by(code, query.alias)
    assert asked.sql == query.sql
    assert to_json(asked.params or ()) == to_json(query.params or ())


def expression_of(query: Query, source: Any = None) -> str | None:
    code = found(query, source or (lambda file: None))
    if code is None:
        return None
    check(query, code.text)
    return code.text.splitlines()[-1]


SCENARIOS = load()


@pytest.mark.django_db(databases=["default"])
@pytest.mark.parametrize("theme", sorted({scenario.theme for scenario in SCENARIOS}))
def test_whatever_is_offered_asks_the_same(theme, alias):
    """Wasteful code and its repaired twin, as many people write Django."""
    offered = 0
    for scenario in SCENARIOS:
        if scenario.theme != theme:
            continue
        for run in filter(None, (scenario.run_bad, scenario.good and scenario.run_good)):
            with transaction.atomic(using=alias):
                queries = {query.sql: query for query in captured(run)}
                transaction.set_rollback(True, using=alias)
            for query in queries.values():
                if code := found(query):
                    check(query, code.text)
                    offered += 1
    assert offered > 5


IMPORTS = """import datetime
from django.db import models
from django.db.models import Count, Q as Question
from django.db.models.functions import Lower
from tests.testapp import models as library
from tests.testapp.models import Book, Person as Author
"""


def written(expression: str, tmp_path, end: str = "list(books)") -> Query:
    """The statement of an expression that stands in a file of its own."""
    path = tmp_path / "views.py"
    body = f"    books = {expression}\n    return {end}\n"
    path.write_text(f"{IMPORTS}\n\ndef view(limit=2):\n{body}")
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return captured(names["view"])[0]


WRITTEN = [
    ("Book.objects.filter(Question(pages__gt=5) | ~Question(title='x')).order_by('-title')", ""),
    ("Book.objects.annotate(n=Count('reviews'), low=Lower('title')).filter(n__gte=1)[:3]", ""),
    ("library.Book.objects.select_related('author')", ""),
    ("Author.objects.filter(books__pages__in=[1, 2]).distinct()", ""),
    ("Book.objects.filter(published__lt=datetime.date(2024, 1, 1))", "books.count()"),
    ("Book.objects.filter(**{'pages': 100}).exclude(title='it\\'s')", "books.exists()"),
    ("Book.objects.values_list('title').annotate(models.Count('pk'))", ""),
    ("Book.objects.filter(author__in=Author.objects.filter(name='a'))", ""),
]


@pytest.mark.parametrize(("expression", "end"), WRITTEN, ids=range(len(WRITTEN)))
def test_expression_of_the_line_is_offered_as_it_is_written(expression, end, tmp_path):
    query = written(expression, tmp_path, end or "list(books)")

    code = found(query)

    assert code is not None
    assert code.is_written
    assert expression in code.text
    check(query, code.text)


UNKNOWN = [
    "Book.objects.filter(reviews__rating=limit)",
    "Book.objects.filter(reviews__rating=len('ab'))",
    "Book.objects.filter(reviews__rating=(lambda: 2)())",
    "Book.objects.filter(reviews__rating=__import__('os').getpid())",
    "Book.objects.filter(reviews__rating=2 if limit else 3)",
]


@pytest.mark.parametrize("expression", UNKNOWN)
def test_expression_with_what_is_known_only_there_is_not_offered(expression, tmp_path):
    assert found(written(expression, tmp_path)) is None


def test_chain_that_goes_on_elsewhere_is_not_taken_for_the_statement(tmp_path):
    end = "list(books.filter(genres__name='x'))"

    assert found(written("Book.objects.filter(reviews__rating=3)", tmp_path, end)) is None


def test_file_that_has_changed_is_not_read(tmp_path):
    query = written("Book.objects.filter(reviews__rating=3)", tmp_path)

    assert found(query) is not None
    assert found(query, lambda file: None) is None
    assert found(query, lambda file: "def (") is None


def test_nothing_is_sent_while_it_is_looked_for(alias):
    query = captured(read_lazily)[1]
    with recorded(alias) as queries:
        assert found(query) is not None

    assert queries == []


def read_lazily():
    book = Book.objects.order_by("pk").first()
    return book.author, list(book.genres.all()), book.genres.count(), book.reviews.exists()


def test_lazily_loaded_relations():
    author, genres, count, exists = captured(read_lazily)[1:]
    book = Book.objects.order_by("pk").first()

    assert expression_of(author) == f"Person.objects.get(pk={book.author_id})"
    assert expression_of(genres) == f"Genre.objects.filter(books={book.pk})"
    assert expression_of(count) is None, "no module has the class behind a many-to-many field"
    assert expression_of(exists) == f"Review.objects.filter(book={book.pk}).exists()"


def test_deferred_field():
    def read():
        return Book.objects.only("title").order_by("pk").first().pages

    pk = Book.objects.order_by("pk").first().pk
    assert expression_of(captured(read)[1]) == f'Book.objects.only("pages").get(pk={pk})'


def test_import_is_part_of_it():
    code = found(captured(Person.objects.first)[0])

    assert code.text.startswith("from tests.testapp.models import Person\n\n")


def test_values_that_were_withheld_are_not_made_up():
    [query] = captured(lambda: list(Book.objects.filter(pages=7)))
    assert found(query) is not None
    assert found(replace(query, params=(REDACTED,))) is None


def test_database_that_is_not_there_is_no_error(alias):
    query = captured(read_lazily)[1]

    assert found(replace(query, alias="gone")) is None


def test_long_and_twisted_statements_take_no_time():
    [query] = captured(lambda: list(Book.objects.all()))
    twisted = "SELECT " + 'x FROM "a" WHERE y ORDER BY z ' * 2_000

    assert found(replace(query, sql=twisted)) is None
