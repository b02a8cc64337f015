"""ORM201: related objects counted row by row."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path
from django.views.generic import ListView

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import AudioBook, Book, Genre, Note, Person, Publisher, Review

check_noop = partial(tools.check_noop, hint_code="ORM201")
check_hint = partial(tools.check_hint, hint_code="ORM201")


def fill(alias: str) -> None:
    """Books differ in what they have; one has nothing."""
    ContentType.objects.get_for_model(Book)
    first, second, *_ = make_library(alias, books=4).books
    for related in (first.reviews, first.chapter_set, first.notes):
        related.all().delete()
    first.genres.clear()
    second.reviews.first().delete()
    # A note on something else, with the key of a book.
    note = Note(subject=first.author, text="Of a person")
    note.object_id = second.pk
    note.save(using=alias)


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


def test_noop_one_parent(alias: str) -> None:
    tools.check_noop(lambda: Book.objects.using(alias).get(title="Book 1").reviews.count())


def test_noop_already_annotated(alias: str) -> None:
    books = Book.objects.using(alias).annotate(reviews_made=Count("reviews"))
    tools.check_noop(lambda: [book.reviews_made for book in books])


@pytest.mark.parametrize("lookup", ["reviews", "genres", "notes"])
def test_noop_prefetched(alias: str, lookup: str) -> None:
    books = Book.objects.using(alias).prefetch_related(lookup)
    tools.check_noop(lambda: [getattr(book, lookup).count() for book in books])


def test_noop_rows_of_two_querysets(alias: str) -> None:
    def code() -> None:
        first = Book.objects.using(alias).get(title="Book 1")
        first.reviews.count()
        second = Book.objects.using(alias).get(title="Book 2")
        second.reviews.count()

    check_noop(code)


def test_noop_helper_called_for_two_reasons(alias: str) -> None:
    def popularity(title: str) -> int:
        return Book.objects.using(alias).get(title=title).reviews.count()

    def code() -> int:
        return popularity("Book 1") + popularity("Book 2")

    check_noop(code)


def test_noop_manager_of_the_model(alias: str) -> None:
    def code() -> list[int]:
        books = list(Book.objects.using(alias))
        return [Review.objects.using(alias).filter(book=book).count() for book in books]

    check_noop(code)
    tools.check_hint(code, "ORM205")


@pytest.mark.parametrize("load", [list, len, bool], ids=["iteration", "len", "truth"])
def test_noop_where_a_prefetch_is_needed_anyway(alias: str, load: Any) -> None:
    def code(books: Any) -> list[Any]:
        return [(book.reviews.count(), bool(load(book.reviews.all()))) for book in books]

    check_noop(lambda: code(Book.objects.using(alias)))
    hint = tools.check_hint(lambda: code(Book.objects.using(alias)), "ORM102", lookup="reviews")
    assert len(hint.queries) == 8
    tools.check_fix(code, Book.objects.using(alias).order_by("pk"), hint)


def test_noop_over_another_relation(alias: str) -> None:
    def code(books: Any) -> list[int]:
        return [book.author.books.count() for book in books]

    check_noop(lambda: code(Book.objects.using(alias)))
    hint = tools.check_hint(
        lambda: code(Book.objects.using(alias)), "ORM102", lookup="author__books"
    )
    tools.check_fix(code, Book.objects.using(alias).order_by("pk"), hint)


@pytest.mark.parametrize(
    ("model", "lookup", "fix"),
    [
        (Book, "reviews", 'annotate(review_count=Count("reviews", distinct=True))'),
        (Book, "chapter_set", 'annotate(chapter_count=Count("chapter", distinct=True))'),
        (Book, "genres", 'annotate(genre_count=Count("genres", distinct=True))'),
        (Book, "notes", 'annotate(note_count=Count("notes", distinct=True))'),
        (Genre, "books", 'annotate(book_count=Count("books", distinct=True))'),
        (
            Person,
            "edited_books",
            'annotate(edited_book_count=Count("edited_books", distinct=True))',
        ),
        (Publisher, "books", 'annotate(book_count=Count("books", distinct=True))'),
    ],
)
def test_each_kind_of_relation(alias: str, model: Any, lookup: str, fix: str) -> None:
    def ask(row: Any) -> int:
        return getattr(row, lookup).count()

    def code() -> list[int]:
        return [ask(row) for row in model.objects.using(alias)]

    hint = check_hint(
        code,
        model=model._meta.label,
        fix=fix,
        certain=True,
    )
    assert f"{model.__name__.lower()}.{lookup}.count()" in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM201"]
    if lookup != "notes" or alias == "default":  # elsewhere Django joins with types of "default"
        answers = tools.check_annotation(ask, model.objects.using(alias).order_by("pk"), hint)
        assert max(answers) > 0


def test_relation_of_the_parent_table(alias: str) -> None:
    for book in Book.objects.using(alias):
        AudioBook(book_ptr=book, narrator=book.author).save_base(raw=True, using=alias)
    hint = check_hint(
        lambda: [book.reviews.count() for book in AudioBook.objects.using(alias)],
        lookup="reviews",
        model="testapp.AudioBook",
    )
    tools.check_annotation(
        lambda book: book.reviews.count(), AudioBook.objects.using(alias).order_by("pk"), hint
    )


def test_two_lines_are_one_hint(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.count()
            book.reviews.all().count()

    hint = check_hint(code)
    assert len(hint.sites) == 2
    assert hint.saving.queries == 8
    assert [other.code for other in tools.report_of(code).hints] == ["ORM201"]


def test_two_relations_can_both_be_annotated(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.count()
            book.genres.count()

    found = {hint.lookup: hint for hint in tools.report_of(code).hints}
    assert set(found) == {"reviews", "genres"}
    books: Any = Book.objects.using(alias).order_by("pk")
    for hint in found.values():
        books = eval(f"books.{hint.fix}", {"books": books, "Count": Count})
    assert [(b.review_count, b.genre_count) for b in books] == [
        (b.reviews.count(), b.genres.count()) for b in books
    ]


@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.filter(reviews__rating=2),
        lambda books: books.filter(genres__isnull=False).distinct(),
        lambda books: books.annotate(chapters_made=Count("chapter")),
    ],
    ids=["the relation itself", "another relation", "an aggregate"],
)
def test_queryset_that_joins_or_groups_already(alias: str, build: Any) -> None:
    def ask(book: Any) -> int:
        return book.reviews.count()

    hint = check_hint(lambda: [ask(book) for book in build(Book.objects.using(alias))])
    assert "Coalesce(Subquery(Review.objects.filter(book=OuterRef" in hint.fix
    tools.check_annotation(ask, build(Book.objects.using(alias)).order_by("pk"), hint)


@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.select_related("author__country", "editor"),
        lambda books: books.only("title"),
        lambda books: books.filter(pages__gt=100)[:3],
    ],
    ids=["select_related", "only", "slice"],
)
def test_queryset_that_takes_a_join(alias: str, build: Any) -> None:
    def ask(book: Any) -> int:
        return book.reviews.count()

    hint = check_hint(
        lambda: [ask(book) for book in build(Book.objects.using(alias).order_by("pk"))],
        fix='annotate(review_count=Count("reviews", distinct=True))',
    )
    tools.check_annotation(ask, build(Book.objects.using(alias).order_by("pk")), hint)


@pytest.mark.parametrize(
    ("lookup", "narrow"),
    [
        ("reviews", lambda reviews: reviews.filter(rating=1)),
        ("reviews", lambda reviews: reviews.exclude(text="x")),
        ("genres", lambda genres: genres.filter(name="Genre 1")),
        ("notes", lambda notes: notes.filter(text="Note 1")),
    ],
)
def test_narrowed_has_no_fix(alias: str, lookup: str, narrow: Any) -> None:
    def code() -> list[int]:
        return [narrow(getattr(book, lookup)).count() for book in Book.objects.using(alias)]

    hint = check_hint(code, fix="", certain=False, lookup=lookup)
    assert f'Count("{lookup}", filter=Q(...), distinct=True)' in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM201"]


def test_union_is_annotated_in_its_parts(alias: str) -> None:
    def code() -> list[int]:
        books = Book.objects.using(alias)
        both = books.filter(pages__lt=102).union(books.filter(pages__gte=102))
        return [book.reviews.count() for book in both]

    hint = check_hint(code, fix="", certain=False)
    assert "each part of the union" in hint.message


def test_raw_sql_takes_no_annotation(alias: str) -> None:
    hint = check_hint(
        lambda: [
            book.reviews.count()
            for book in Book.objects.using(alias).raw("SELECT * FROM testapp_book")
        ],
        fix="",
        certain=False,
    )
    assert "raw SQL" in hint.message


class Shelf(ListView):  # the generic view
    """A generic view that builds its queryset itself."""

    model = Book

    def render_to_response(self, context: Any, **_: Any) -> HttpResponse:
        return HttpResponse(book.reviews.count() for book in context["object_list"])


urlpatterns = [path("shelf/", Shelf.as_view())]


@pytest.mark.urls(__name__)
@pytest.mark.django_db(databases=["default"])
def test_generic_view_gets_the_code_for_its_class(alias: str, client: Client) -> None:
    fill(alias)
    hint = check_hint(
        lambda: client.get("/shelf/"),
        fix='queryset = Book.objects.annotate(review_count=Count("reviews", distinct=True))',
    )
    assert place_of(hint.origin) == line_with(Path(__file__), "# the generic view")


def test_template(alias: str) -> None:
    page = engines["django"].from_string("{% for b in books %}{{ b.reviews.count }} {% endfor %}")
    hint = check_hint(lambda: page.render({"books": Book.objects.using(alias)}))
    assert hint.site is not None
    assert hint.site.is_template
    tools.check_annotation(
        lambda book: book.reviews.count(), Book.objects.using(alias).order_by("pk"), hint
    )
