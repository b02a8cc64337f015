"""ORM302: very many rows, and nothing bounds them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.views.generic import ListView

from orm_insight import capture, insight
from orm_insight.hints.base import Thresholds
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import analyze
from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Chapter, Genre

check_noop = partial(tools.check_noop, hint_code="ORM302")
check_hint = partial(tools.check_hint, hint_code="ORM302")
MANY = Thresholds().many_rows


def fill(alias: str) -> None:
    Genre.objects.using(alias).bulk_create(Genre(name=str(number)) for number in range(MANY))


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


def test_noop_below_the_threshold(alias: str) -> None:
    genre = Genre.objects.using(alias).latest("pk")
    tools.check_noop(lambda: list(Genre.objects.using(alias).exclude(pk=genre.pk)))


@pytest.mark.parametrize(
    "load",
    [
        lambda genres: list(genres[: 2 * MANY]),
        lambda genres: list(genres.iterator()),
        lambda genres: list(genres.iterator(chunk_size=2000)),
        lambda genres: genres.in_bulk(),
        lambda genres: list(genres.filter(pk__in=range(2 * MANY))),
        lambda genres: list(Paginator(genres.order_by("pk"), 2 * MANY).page(1)),
        lambda genres: genres.count(),
        lambda genres: genres.update(name="x"),
    ],
    ids=["slice", "iterator", "chunks", "in_bulk", "keys", "page", "count", "update"],
)
def test_noop_bounded_or_intended(alias: str, load: Any) -> None:
    check_noop(lambda: load(Genre.objects.using(alias)))


def test_noop_prefetch_of_a_bounded_set(alias: str) -> None:
    [book] = make_library(alias, books=1).books
    Chapter.objects.using(alias).bulk_create(
        Chapter(book=book, number=number, heading="x") for number in range(MANY)
    )
    check_noop(lambda: list(Book.objects.using(alias).prefetch_related("chapter_set")[:5]))


def test_noop_length_alone_is_another_code(alias: str) -> None:
    check_noop(lambda: len(Genre.objects.using(alias)), deep=True)


def test_all_rows_of_a_table(alias: str) -> None:
    hint = check_hint(
        lambda: [genre.name for genre in Genre.objects.using(alias)],  # the origin
        model="testapp.Genre",
        fix="iterator(chunk_size=2000)",
        certain=False,
    )
    assert place_of(hint.origin) == line_with(Path(__file__), "# the origin")
    assert f"{MANY:,} rows" in hint.title
    assert [query.rows for query in hint.queries] == [MANY]
    names = [genre.name for genre in Genre.objects.using(alias).order_by("pk")]
    fixed = eval(f"queryset.{hint.fix}", {"queryset": Genre.objects.using(alias).order_by("pk")})
    found: list[str] = []
    check_noop(lambda: found.extend(genre.name for genre in fixed))
    assert found == names


def test_rows_are_known_in_nested_blocks(alias: str) -> None:
    with capture() as outer, capture() as inner:
        list(Genre.objects.using(alias))
    for trace in (outer, inner):
        assert [hint.code for hint in trace.report().hints] == ["ORM302"]


def test_rows_are_known_in_depth(alias: str) -> None:
    check_hint(lambda: [genre.name for genre in Genre.objects.using(alias)], deep=True)


def test_values_where_the_driver_counts(alias: str) -> None:
    def code() -> None:
        list(Genre.objects.using(alias).values_list("name", flat=True))

    check = check_hint if alias == "default" else check_noop
    check(code)


def test_related_objects_of_one_instance(alias: str) -> None:
    [book] = make_library(alias, books=1).books
    Chapter.objects.using(alias).bulk_create(
        Chapter(book=book, number=number, heading="x") for number in range(MANY)
    )
    check_hint(lambda: list(book.chapter_set.all()), model="testapp.Chapter")


def test_other_thresholds(alias: str) -> None:
    with capture() as trace:
        list(Genre.objects.using(alias))
    finished = trace.report().trace
    report = analyze(finished, read_schema(), Thresholds(many_rows=10 * MANY))
    assert report.hints == ()


class Genres(ListView):
    """A generic view without pages."""

    model = Genre

    def render_to_response(self, context: Any, **_: Any) -> HttpResponse:
        return HttpResponse(genre.name for genre in context["object_list"])


urlpatterns = [path("genres/", Genres.as_view())]


@pytest.mark.urls(__name__)
@pytest.mark.django_db(databases=["default"])
def test_page_of_everything(alias: str, client: Client) -> None:
    fill(alias)
    client.get("/genres/")
    [trace] = insight.recent(1)
    hints = [hint for hint in insight.report(trace.id).hints if hint.code == "ORM302"]
    assert [hint.fix for hint in hints] == [""]
    assert "Paginator" in hints[0].message
