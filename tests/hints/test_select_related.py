"""ORM101: forward foreign keys, one-to-one relations in both directions."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Prefetch

from orm_insight.model.hint import Hint
from tests.hints import tools
from tests.lines import line_with, place_of
from tests.otherapp.models import Book as OtherBook
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import AudioBook, Book, Person, Review, ShortBook

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
HERE = Path(__file__)
check_noop = partial(tools.check_noop, hint_code="ORM101")
check_hint = partial(tools.check_hint, hint_code="ORM101")


# -- no hint ----------------------------------------------------------------------------------


def test_noop_select_related(alias: str) -> None:
    check_noop(lambda: [b.author.name for b in Book.objects.using(alias).select_related("author")])


def test_noop_prefetch_related(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("author__country")
    check_noop(lambda: [b.author.country.name for b in books])


def test_noop_one_row(alias: str) -> None:
    check_noop(lambda: [b.author.name for b in Book.objects.using(alias)[:1]])


def test_noop_get(alias: str) -> None:
    check_noop(lambda: Book.objects.using(alias).get(title="Book 1").author.country.name)


def test_noop_one_row_of_many_is_touched(alias: str) -> None:
    check_noop(lambda: list(Book.objects.using(alias))[2].author.name)


def test_noop_same_parent_twice(alias: str) -> None:
    def code() -> None:
        book, *_ = Book.objects.using(alias)
        for _ in range(3):
            book._state.fields_cache.clear()
            book.author

    check_noop(code)


def test_noop_key_only(alias: str) -> None:
    check_noop(lambda: [b.author_id for b in Book.objects.using(alias)])


def test_noop_one_parent_for_all_children(alias: str) -> None:
    def code() -> None:
        author = Person.objects.using(alias).get(name="Person 0")
        for book in author.books.all():
            book.author.country.name

    check_noop(code)


# -- a hint -----------------------------------------------------------------------------------


def test_forward_names_the_relation_and_both_lines(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias)  # the origin
        books = books.order_by("pk")
        for book in books:
            book.editor.name  # the site

    hint = check_hint(
        code,
        model="testapp.Book",
        lookup="editor",
        fix='select_related("editor")',
        certain=True,
    )
    assert place_of(hint.site) == line_with(HERE, "# the site")
    assert place_of(hint.origin) == line_with(HERE, "# the origin")
    assert hint.saving.queries == len(hint.queries) == 4
    assert hint.saving.ms == pytest.approx(sum(query.duration_ms for query in hint.queries))


def test_same_target_for_every_row(alias: str) -> None:
    Review.objects.using(alias).update(user=Person.objects.using(alias).first())
    check_hint(
        lambda: [review.user.name for review in Review.objects.using(alias)],
        model="testapp.Review",
        lookup="user",
    )


def test_primary_key_of_another_name(alias: str) -> None:
    check_hint(
        lambda: [book.publisher.name for book in Book.objects.using(alias)],
        lookup="publisher",
        model="testapp.Book",
    )


def test_model_of_the_same_name_in_another_app(alias: str) -> None:
    people = list(Person.objects.using(alias)[:3])
    OtherBook.objects.using(alias).bulk_create(OtherBook(keeper=person) for person in people)
    check_hint(
        lambda: [book.keeper.name for book in OtherBook.objects.using(alias)],
        model="otherapp.Book",
        lookup="keeper",
    )


def test_proxy_and_child_models(alias: str) -> None:
    check_hint(
        lambda: [book.author.name for book in ShortBook.objects.using(alias)],
        model="testapp.ShortBook",
        lookup="author",
    )
    book = Book.objects.using(alias).first()
    assert book is not None
    for title in ("First", "Second"):
        AudioBook.objects.using(alias).create(
            title=title, author=book.author, publisher=book.publisher, narrator=book.author
        )
    hint = check_hint(
        lambda: [book.author.name for book in AudioBook.objects.using(alias)],
        model="testapp.AudioBook",
        lookup="author",
    )
    tools.check_fix(lambda q: [b.author.name for b in q], AudioBook.objects.using(alias), hint)


def applied(alias: str, hint: Hint, code: Any) -> None:
    tools.check_fix(code, Book.objects.using(alias).order_by("pk"), hint)


def test_two_levels_are_one_hint(alias: str) -> None:
    def code(books: Any) -> list[str]:
        return [book.author.country.name for book in books]

    hint = check_hint(
        lambda: code(Book.objects.using(alias)),
        lookup="author__country",
        fix='select_related("author__country")',
    )
    assert hint.saving.queries == 8
    applied(alias, hint, code)


def test_second_level_behind_a_join(alias: str) -> None:
    hint = check_hint(
        lambda: [b.author.country.name for b in Book.objects.using(alias).select_related("author")],
        model="testapp.Book",
        lookup="author__country",
    )
    assert hint.saving.queries == 4


@pytest.mark.filterwarnings("ignore:Calling select_related")
def test_second_level_behind_a_join_of_all(alias: str) -> None:
    check_hint(
        lambda: [b.author.mentor for b in Book.objects.using(alias).select_related()],
        model="testapp.Book",
        lookup="author__mentor",
    )


def test_reverse_one_to_one(alias: str) -> None:
    def code(people: Any) -> list[str]:
        return [person.profile.biography for person in people]

    hint = check_hint(
        lambda: code(Person.objects.using(alias)),
        model="testapp.Person",
        lookup="profile",
        fix='select_related("profile")',
    )
    tools.check_fix(code, Person.objects.using(alias).order_by("pk"), hint)


def test_below_a_prefetch(alias: str) -> None:
    def code(books: Any) -> list[list[str]]:
        return [[review.user.name for review in book.reviews.all()] for book in books]

    hint = check_hint(
        lambda: code(Book.objects.using(alias).prefetch_related("reviews")),
        model="testapp.Book",
        lookup="reviews__user",
        fix='prefetch_related("reviews__user")',
    )
    assert hint.saving.queries == 7
    tools.check_fix(
        code, Book.objects.using(alias).prefetch_related("reviews").order_by("pk"), hint
    )


def test_below_a_prefetch_into_an_attribute(alias: str) -> None:
    """``reviews__user`` would load the reviews again, into another place."""

    def code(books: Any) -> list[list[str]]:
        return [[review.user.name for review in book.some_reviews] for book in books]

    books = Book.objects.using(alias).order_by("pk")
    books = books.prefetch_related(Prefetch("reviews", to_attr="some_reviews"))
    hint = check_hint(lambda: code(books.all()), lookup="some_reviews__user")
    tools.check_fix(code, books, hint)


def test_below_a_prefetch_with_its_own_queryset(alias: str) -> None:
    def code() -> None:
        reviews = Review.objects.order_by("pk")  # the prefetch's queryset
        books = Book.objects.using(alias).prefetch_related(Prefetch("reviews", queryset=reviews))
        for book in books:
            for review in book.reviews.all():
                review.user.name

    hint = check_hint(code, model="testapp.Review", lookup="user", fix='select_related("user")')
    assert place_of(hint.origin) == line_with(HERE, "# the prefetch's queryset")


def test_related_objects_of_one_parent(alias: str) -> None:
    def code() -> None:
        book = Book.objects.using(alias).get(title="Book 0")
        for review in book.reviews.all():  # related objects
            review.user.name

    hint = check_hint(code, model="testapp.Review", lookup="user", fix='select_related("user")')
    assert place_of(hint.origin) == line_with(HERE, "# related objects")


def test_iterator(alias: str) -> None:
    check_hint(
        lambda: [b.author.name for b in Book.objects.using(alias).iterator(chunk_size=2)],
        lookup="author",
    )


def test_raw_queryset_takes_a_prefetch(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias).raw("SELECT * FROM testapp_book"):
            book.author.name

    check_hint(code, model="testapp.Book", lookup="author", fix='prefetch_related("author")')


def test_two_sites_are_one_hint(alias: str) -> None:
    def code() -> None:
        first, *rest = Book.objects.using(alias)
        first.author.name  # first site
        for book in rest:
            book.author.name  # second site

    hint = check_hint(code, lookup="author")
    assert [place_of(site) for site in hint.sites] == [
        line_with(HERE, "# first site"),
        line_with(HERE, "# second site"),
    ]
    assert len(hint.queries) == 4


def test_fetch_peers_only_where_django_has_it(alias: str) -> None:
    report = tools.report_of(lambda: [book.author.name for book in Book.objects.using(alias)])
    assert ("FETCH_PEERS" in report.hints[0].message) == report.schema.has_fetch_modes
