"""A deep recording watches the use of rows, and leaves everything as it was."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Model, QuerySet

import orm_insight
from orm_insight import faults
from orm_insight.capture import attribute_access, usage
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person

pytestmark = [pytest.mark.django_db, seeded_by(make_library, books=3)]


def hooks() -> tuple[Any, ...]:
    rows = tuple(
        vars(QuerySet)[name] for name in ("__iter__", "__aiter__", "__getitem__", "__len__")
    )
    return (vars(Model).get("__getattribute__"), *rows)


def test_ordinary_recording_hooks_nothing() -> None:
    before = hooks()
    with orm_insight.capture() as trace:
        assert hooks() == before
        [book.title for book in Book.objects.all()]
    assert trace.finished().uses is None
    assert not trace.finished().is_deep


def test_hooks_are_there_only_while_somebody_records_in_depth() -> None:
    before = hooks()
    with orm_insight.capture(deep=True):
        inside = hooks()
        with orm_insight.capture(deep=True):
            assert hooks() == inside
        assert hooks() == inside
    assert hooks() == before
    assert all(now is not then for now, then in zip(inside, before, strict=True))


def test_hooks_go_when_the_block_fails() -> None:
    before = hooks()
    with pytest.raises(ZeroDivisionError), orm_insight.capture(deep=True):
        len(Book.objects.all()) / 0
    assert hooks() == before


def test_hook_of_another_tool_around_ours_stays() -> None:
    with orm_insight.capture(deep=True):
        ours = Model.__getattribute__

        def theirs(self: Model, name: str) -> Any:
            return ours(self, name)

        Model.__getattribute__ = theirs  # type: ignore[method-assign]
    try:
        assert Model.__getattribute__ is theirs
        assert Book.objects.order_by("pk")[0].title == "Book 0"
    finally:
        del Model.__getattribute__


def test_block_inside_is_deep_as_well() -> None:
    with orm_insight.capture(deep=True) as outer:
        list(Book.objects.all())
        with orm_insight.capture() as inner:
            [book.title for book in Book.objects.select_related("author")]
    [use] = inner.finished().uses or ()
    assert (use.query, use.is_read) == (0, True)
    assert [use.query for use in outer.finished().uses or ()] == [0, 1]


def test_instances_are_what_they_were() -> None:
    with orm_insight.capture(deep=True):
        [book] = Book.objects.select_related("author").filter(title="Book 1")
        assert type(book) is Book
        assert vars(book)["title"] == book.title == "Book 1"
        assert {book: 1}[Book.objects.get(pk=book.pk)] == 1
        assert not hasattr(book, "nothing")
        with pytest.raises(AttributeError, match="'Book' object has no attribute 'nothing'"):
            book.nothing  # noqa: B018
        book.title = "Another"
        book.save()
    assert Book.objects.get(pk=book.pk).title == "Another"


def test_copies_and_pickles_carry_nothing_of_it() -> None:
    with orm_insight.capture(deep=True):
        books = Book.objects.select_related("author")
        assert len(books) == 3
        for again in (pickle.loads(pickle.dumps(books)), copy.deepcopy(books)):
            assert [book.author.name for book in again] == ["Person 0", "Person 1", "Person 2"]


def test_getattribute_of_a_model_is_asked() -> None:
    class Loud(Person):
        class Meta:
            proxy = True
            app_label = "testapp"

        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            return value.upper() if name == "name" else value

    with orm_insight.capture(deep=True) as trace:
        assert {person.name for person in Loud.objects.filter(name="Person 1")} == {"PERSON 1"}
    assert [use.is_read for use in trace.finished().uses or ()] == [True]


def test_rows_of_async_code() -> None:
    async def code() -> orm_insight.capture:
        async with orm_insight.capture(deep=True) as trace:
            async for book in Book.objects.select_related("author", "publisher"):
                assert book.author.name
        return trace

    trace = async_to_sync(code)()
    [use] = trace.finished().uses or ()
    assert {relation.lookup: relation.is_used for relation in use.relations} == {
        "author": True,
        "publisher": False,
    }


def test_failure_of_ours_stays_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken")

    try:
        for owner, name in (
            (attribute_access, "_what_is_read"),
            (usage.WatchedResult, "measure"),
            (usage.WatchedResult, "__init__"),
        ):
            with monkeypatch.context() as patch, orm_insight.capture(deep=True) as trace:
                patch.setattr(owner, name, fail)
                assert [book.author.name for book in Book.objects.select_related("author")]
            assert len(trace.queries) == 1
        assert sum(faults.counts().values()) >= 3
    finally:
        faults.clear()


def test_statements_over_the_limit_are_left_out(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "MAX_QUERIES": 1}
    with orm_insight.capture(deep=True) as trace:
        for _ in range(3):
            [book.title for book in Book.objects.select_related("author")]
    assert [use.query for use in trace.finished().uses or ()] == [0]
    assert {hint.code for hint in trace.report().hints} == {"ORM105", "ORM301"}


IN_VAIN = {"ORM105", "ORM301", "ORM303", "ORM304"}


@pytest.mark.parametrize(
    ("build", "read"),
    [
        (Book.objects.all, lambda book: book.author.country.name),
        (Person.objects.all, lambda person: person.profile.biography),
        (Book.objects.all, lambda book: [genre.name for genre in book.genres.all()]),
        (Book.objects.all, lambda book: len(book.reviews.filter(rating=1))),
        (Book.objects.all, lambda book: book.reviews.count()),
        (lambda: Book.objects.defer("body"), lambda book: book.body),
    ],
)
def test_other_hints_are_the_same(build: Any, read: Any) -> None:
    found = []
    for deep in (False, True):
        with orm_insight.capture(deep=deep) as trace:
            for row in build():
                read(row)
        hints = [hint for hint in trace.report().hints if hint.code not in IN_VAIN]
        found.append([(h.code, h.model, h.lookup, h.fix, h.site, len(h.queries)) for h in hints])
    assert found[0] == found[1] != []


@pytest.mark.parametrize(
    "read",
    [
        lambda book: Book.author.field.get_cached_value(book).name,
        lambda book: book._state.fields_cache["author"].name,
        lambda book: book.__dict__ and book._prefetched_objects_cache,
    ],
    ids=["field", "state", "prefetched"],
)
def test_libraries_that_look_past_the_attributes(read: Any) -> None:
    with orm_insight.capture(deep=True) as trace:
        for book in Book.objects.select_related("author").prefetch_related("genres"):
            read(book)
            book.genres.all()
    assert {use.is_read for use in (trace.finished().uses or ())[:1]} == {True}
    [author, *_] = (trace.finished().uses or ())[0].relations
    assert author.is_used
