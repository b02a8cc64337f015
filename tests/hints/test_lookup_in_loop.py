"""ORM204: get() and first() for each item."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Publisher, Review

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM204")
check_hint = partial(tools.check_hint, hint_code="ORM204")


def keys(alias: str) -> list[int]:
    return list(Book.objects.using(alias).values_list("pk", flat=True))


def test_noop_helper_called_twice(alias: str) -> None:
    one, two, *_ = keys(alias)

    def find(key: int) -> Book:
        return Book.objects.using(alias).get(pk=key)

    def code() -> None:
        find(one)
        find(two)

    tools.check_noop(code)


def test_noop_four_lookups_on_four_lines(alias: str) -> None:
    one, two, three, four = keys(alias)

    def code() -> None:
        Book.objects.using(alias).get(pk=one)
        Book.objects.using(alias).get(pk=two)
        Book.objects.using(alias).get(pk=three)
        Book.objects.using(alias).get(pk=four)

    tools.check_noop(code)


def test_noop_relation_is_no_lookup(alias: str) -> None:
    check_noop(lambda: [book.author.name for book in Book.objects.using(alias)])


def test_get_by_primary_key(alias: str) -> None:
    ids = [*keys(alias)]
    hint = check_hint(
        lambda: [Book.objects.using(alias).get(pk=key) for key in ids],
        model="testapp.Book",
        lookup="pk",
        fix="book_by_pk = Book.objects.using(alias).in_bulk(ids)",
        certain=True,
        instead="book_by_pk[key]",
        replaces="Book.objects.using(alias).get(pk=key)",
    )
    assert hint.saving.queries == 3
    assert "KeyError" in hint.message


def test_values_that_cannot_be_gone_over_twice(alias: str) -> None:
    """A function may return an iterator: then it is said what stands for the values."""
    ids = keys(alias)
    hint = check_hint(
        lambda: [Book.objects.using(alias).get(pk=key) for key in ids],
        fix="Book.objects.in_bulk(ids)",
        certain=False,
        instead="",
    )
    assert "ids stands for the values that the loop looks up" in hint.message


def test_what_is_loaded_along_stays(alias: str) -> None:
    ids = [*keys(alias)]
    books = Book.objects.using(alias)

    def code() -> list[Any]:
        found = []
        for key in ids:
            book = Book.objects.using(alias).select_related("author").filter(pk=key).first()
            found.append(book)
        return found

    hint = check_hint(
        code,
        fix='book_by_pk = Book.objects.using(alias).select_related("author").in_bulk(ids)',
        instead="book_by_pk.get(key)",
    )
    known: dict[str, Any] = {"Book": Book, "alias": alias, "ids": ids}
    exec(hint.fix, known)
    assert [eval(hint.instead, {**known, "key": key}) for key in ids] == [
        books.get(pk=key) for key in ids
    ]


def test_primary_key_of_another_name(alias: str) -> None:
    ids = list(Publisher.objects.using(alias).values_list("pk", flat=True))
    check_hint(
        lambda: [Publisher.objects.using(alias).get(uid=key) for key in ids],
        lookup="pk",
        fix="publisher_by_pk = Publisher.objects.using(alias).in_bulk(ids)",
        instead="publisher_by_pk[key]",
    )


def test_first_by_another_field(alias: str) -> None:
    titles = [f"Book {number}" for number in range(4)]
    check_hint(
        lambda: [Book.objects.using(alias).filter(title=title).first() for title in titles],
        lookup="title",
        fix="Book.objects.using(alias).filter(title__in=titles)",
        instead="",
    )


def test_noop_other_comparisons(alias: str) -> None:
    """in_bulk() and __in compare by equality."""
    books = Book.objects.using(alias)
    check_noop(lambda: [books.filter(pk__gt=key).first() for key in (1, 2, 3)])
    check_noop(lambda: [books.filter(title__icontains=text).first() for text in "123"])
    check_noop(lambda: [books.filter(pages__gte=n).exists() for n in (1, 2, 3)])


@pytest.mark.parametrize("method", ["get_or_create", "update_or_create"])
def test_noop_get_or_create(alias: str, method: str) -> None:
    """It writes as well: what repeats is told once."""
    genres = Genre.objects.using(alias)

    def code() -> None:
        for name in ("Genre 1", f"{method} 1", f"{method} 2"):
            getattr(genres, method)(name=name)

    check_noop(code)
    hint = tools.check_hint(code, "ORM205", fix="")
    assert "get_or_create()" in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM205"]


def test_noop_objects_of_one_parent_after_the_other(alias: str) -> None:
    reviews = Review.objects.using(alias)
    books = list(Book.objects.using(alias))
    check_noop(lambda: [reviews.filter(book=book).exists() for book in books])


def test_further_conditions_that_cannot_be_told(alias: str) -> None:
    ids = keys(alias)
    check_hint(
        lambda: [Book.objects.using(alias).filter(pages__gt=1, pk=k).first() for k in ids],
        lookup="pk",
        certain=False,
    )


def test_further_conditions_are_written_along(alias: str, settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    books = Book.objects.using(alias)
    first = books.order_by("pk")[0]
    hint = check_hint(
        lambda: [books.filter(pages=first.pages, pk=key).first() for key in keys(alias)],
        fix=f"Book.objects.filter(pages={first.pages}).in_bulk(ids)",
        certain=False,  # in what "books" stands for, more may have been said
    )
    fixed = eval(hint.fix, {"Book": Book, "ids": keys(alias)}) if alias == "default" else None
    assert fixed in (None, {first.pk: first})
    check_hint(
        lambda: [books.filter(title=f"Book {n}", pages=100).first() for n in range(4)],
        fix="Book.objects.filter(title__in=values, pages=100)",
        certain=False,  # of several with one title, first() takes one
    )


def test_object_or_404(alias: str) -> None:
    ids = keys(alias)
    hint = check_hint(
        lambda: [get_object_or_404(Book.objects.using(alias), pk=key) for key in ids],
        fix="Book.objects.in_bulk(ids)",
        certain=False,
    )
    assert hint.site is not None
    assert hint.site.file == __file__


def test_unique_field(alias: str) -> None:
    users = [User.objects.using(alias).create(username=name) for name in "abc"]
    hint = check_hint(
        lambda: [User.objects.using(alias).get(username=user.username) for user in users],
        fix="user_by_username = User.objects.using(alias).in_bulk("
        '[user.username for user in users], field_name="username")',
        certain=True,
    )
    known: dict[str, Any] = {"User": User, "alias": alias, "users": users}
    exec(hint.fix, known)
    assert known["user_by_username"] == {user.username: user for user in users}


@pytest.mark.parametrize(
    ("field", "fix"),
    [
        ("pk", 'set(Book.objects.filter(pk__in=ids).values_list("pk", flat=True))'),
        ("title", 'set(Book.objects.filter(title__in=values).values_list("title", flat=True))'),
    ],
)
def test_exists(alias: str, field: str, fix: str) -> None:
    books = Book.objects.using(alias)
    values = [getattr(book, field) for book in books]
    hint = check_hint(
        lambda: [books.filter(**{field: value}).exists() for value in values],
        fix=fix,
        certain=False,
    )
    assert hint.saving.queries == 3
    if alias == "default":
        there = eval(hint.fix, {"Book": Book, "ids": values, "values": values})
        assert there == {value for value in values if books.filter(**{field: value}).exists()}


def test_noop_refreshed_objects(alias: str) -> None:
    """Other objects would not be these objects."""
    books = list(Book.objects.using(alias))
    check_noop(lambda: [book.refresh_from_db() for book in books])
