"""ORM502: the same count() again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path
from django.views.generic import ListView

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
HERE = Path(__file__)
check_noop = partial(tools.check_noop, hint_code="ORM502")
check_hint = partial(tools.check_hint, hint_code="ORM502")


def test_noop_page_and_its_count(alias: str) -> None:
    tools.check_noop(lambda: list(Paginator(Book.objects.using(alias).order_by("pk"), 2).page(1)))


def test_noop_paginator_keeps_its_count(alias: str) -> None:
    text = "{{ page.paginator.count }} {{ page.paginator.num_pages }} {{ page.paginator.count }}"
    page = Paginator(Book.objects.using(alias).order_by("pk"), 2).page(1)
    tools.check_noop(lambda: engines["django"].from_string(text).render({"page": page}))


def test_noop_length_of_a_page(alias: str) -> None:
    def code() -> None:
        page = Paginator(Book.objects.using(alias).order_by("pk"), 2).page(1)
        assert len(page) == len(page.object_list) == 2

    tools.check_noop(code)


def test_noop_other_conditions(alias: str) -> None:
    books = Book.objects.using(alias)
    tools.check_noop(lambda: (books.count(), books.filter(pages=1).count()))


def test_noop_written_in_between(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).count()
        Book.objects.using(alias).update(pages=1)
        Book.objects.using(alias).count()

    tools.check_noop(code)


def test_noop_length_after_count(alias: str) -> None:
    """Loading after the question is ORM305."""
    books = Book.objects.using(alias).all()
    check_noop(lambda: (books.count(), len(books)))


def test_noop_count_per_row(alias: str) -> None:
    """Also where each row is asked twice."""

    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.count()
            book.reviews.count()

    check_noop(code)
    tools.check_hint(code, "ORM201")


def test_same_queryset_counted_twice(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias).filter(pages__gt=1)
        books.count()  # counted first
        books.count()  # counted again

    hint = check_hint(code, model="testapp.Book", fix="")
    assert [place_of(site) for site in hint.sites] == [
        line_with(HERE, "# counted first"),
        line_with(HERE, "# counted again"),
    ]
    assert "Keep the first result" in hint.message
    assert hint.saving.queries == 1
    assert [other.code for other in tools.report_of(code).hints] == ["ORM502"]


def test_order_does_not_matter(alias: str) -> None:
    books = Book.objects.using(alias)
    check_hint(lambda: (books.order_by("title").count(), books.order_by("pk").count()))


def test_related_objects_of_one_instance(alias: str) -> None:
    book = Book.objects.using(alias).get(title="Book 0")
    hint = check_hint(lambda: [book.reviews.count() for _ in range(3)])
    assert hint.saving.queries == 2


def test_view_and_paginator(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias).order_by("pk")
        total = books.count()  # the view counts
        page = Paginator(books, 2).page(1)  # the paginator counts
        assert (total, len(page)) == (4, 2)

    hint = check_hint(code, model="testapp.Book")
    assert [place_of(site) for site in hint.sites] == [
        line_with(HERE, "# the view counts"),
        line_with(HERE, "# the paginator counts"),
    ]
    assert "paginator.count" in hint.message
    assert f"instead of the count() at {HERE}:{hint.sites[0].line}" in hint.message


def test_two_paginators(alias: str) -> None:
    books = Book.objects.using(alias).order_by("pk")
    hint = check_hint(lambda: [list(Paginator(books, 2).page(number)) for number in (1, 2)])
    assert "create one, and reuse it" in hint.message


class Shelf(ListView):
    """A generic view whose page is counted by Django, and by its template."""

    model = Book
    paginate_by = 2
    ordering = "pk"

    def render_to_response(self, context: Any, **_: Any) -> HttpResponse:
        total = Book.objects.count()  # the application counts
        return HttpResponse(f"{total} {list(context['page_obj'])}")


urlpatterns = [path("shelf/", Shelf.as_view())]


@pytest.mark.urls(__name__)
@pytest.mark.django_db(databases=["default"])
def test_generic_view_that_counts_what_its_paginator_has_counted(
    alias: str, client: Client
) -> None:
    make_library(alias, books=4)
    hint = check_hint(lambda: client.get("/shelf/"))
    assert [place_of(site) for site in hint.sites] == [line_with(HERE, "# the application counts")]
    assert "page.paginator.count in a template" in hint.message
