"""The call site of a query."""

from __future__ import annotations

import sys
import threading
import weakref
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.template.loader import get_template

import orm_insight
from orm_insight.capture.stack import StackWalker
from orm_insight.model.trace import Query
from tests.lines import JINJA, TEMPLATES, expression_at, line_with, place_of
from tests.testapp import models
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person
from tests.testapp.templatetags import library

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = Path(__file__)


def queries_of_template(name: str, alias: str, **context: Any) -> tuple[Query, ...]:
    make_library(alias, books=2)
    books = list(Book.objects.using(alias).order_by("pk"))
    with orm_insight.capture() as trace:
        get_template(name).render({"books": books, **context})
    return trace.report().queries


def places_loading(queries: tuple[Query, ...], table: str) -> set[tuple[str, int] | None]:
    return {place_of(query.site) for query in queries if f'FROM "{table}"' in query.sql}


def test_python_line_and_expression(alias: str) -> None:
    make_library(alias, books=1)
    with orm_insight.capture() as trace:
        book = Book.objects.using(alias).get()
        name = "é", book.author.name  # the author's line
    query = trace.queries[1]
    assert name
    assert place_of(query.site) == line_with(HERE, "# the author's line")
    assert query.site is not None
    assert expression_at(query.site) == "book.author"
    assert query.site.function == "test_python_line_and_expression"


def test_line_of_a_chain_over_several_lines(alias: str) -> None:
    with orm_insight.capture() as trace:
        (
            Book.objects.using(alias).filter(pages=1).first()  # asked here
        )
    [query] = trace.queries
    assert place_of(query.site) == line_with(HERE, "# asked here")


def test_property_of_a_model(alias: str) -> None:
    make_library(alias, books=1)
    book = Book.objects.using(alias).get()
    with orm_insight.capture() as trace:
        assert book.byline
    assert place_of(trace.queries[0].site) == line_with(models, "by {self.author.name}")


def test_django_template_with_extends_and_include(alias: str) -> None:
    queries = queries_of_template("capture/page.html", alias)
    page = TEMPLATES / "capture" / "page.html"
    assert places_loading(queries, "testapp_person") == {
        line_with(page, "book.editor.name"),
        line_with(TEMPLATES / "capture" / "base.html", "books.0.author.name"),
    }
    row = TEMPLATES / "capture" / "row.html"
    assert places_loading(queries, "testapp_review") == {line_with(row, "book.reviews.all")}


def test_including_templates_are_in_the_stack(alias: str) -> None:
    queries = queries_of_template("capture/page.html", alias)
    review = next(query for query in queries if 'FROM "testapp_review"' in query.sql)
    chain = [(Path(frame.file).name, frame.line) for frame in review.frames if frame.is_template]
    page = TEMPLATES / "capture" / "page.html"
    assert chain[:3] == [
        ("row.html", 2),
        ("page.html", line_with(page, "capture/row.html")[1]),
        ("page.html", line_with(page, "for book in books")[1]),
    ]


def test_site_in_a_template_says_what_the_tag_says(alias: str) -> None:
    queries = queries_of_template("capture/page.html", alias)
    sites = [query.site for query in queries if query.site]
    assert all(site.is_template for site in sites)
    assert {site.function for site in sites} == {
        "book.editor.name",
        "for review in book.reviews.all",
        "books.0.author.name",
    }


def test_custom_tags(alias: str) -> None:
    queries = queries_of_template("capture/tags.html", alias)
    assert places_loading(queries, "testapp_country") == {line_with(library, "# <country_of>")}
    assert places_loading(queries, "testapp_publisher") == {line_with(library, "# <PublisherNode>")}
    assert line_with(TEMPLATES / "capture" / "editor.html", "editor.name") in places_loading(
        queries, "testapp_person"
    )


def test_jinja_template_with_macro_and_include(alias: str) -> None:
    queries = queries_of_template("capture/page.jinja", alias)
    folder = JINJA / "capture"
    assert places_loading(queries, "testapp_person") == {
        line_with(folder / "macros.jinja", "book.author.name")
    }
    assert places_loading(queries, "testapp_publisher") == {
        line_with(folder / "page.jinja", "book.publisher.name")
    }
    assert places_loading(queries, "testapp_review") == {
        line_with(folder / "row.jinja", "book.reviews.all")
    }
    assert all(query.site and query.site.is_template for query in queries)


def test_two_callers_of_a_helper_are_two_stacks(alias: str) -> None:
    make_library(alias, books=1)

    def find() -> Person | None:
        return Person.objects.using(alias).first()

    with orm_insight.capture() as trace:
        find()
        find()
    first, second = trace.queries
    assert first.site == second.site
    assert first.frames != second.frames


def recurse(depth: int, alias: str) -> None:
    if depth:
        recurse(depth - 1, alias)  # deeper
    else:
        Person.objects.using(alias).first()  # at the bottom


@pytest.mark.parametrize("depth", [0, 13, 14, 15, 22, 23, 60, 200])
def test_deep_stacks_are_whole(alias: str, depth: int) -> None:
    """The walk ends early if it knows the rest; the stack must not show it."""
    with orm_insight.capture() as trace:
        for _ in range(3):
            recurse(depth, alias)
        recurse(depth // 2, alias)
        recurse(depth, alias)
    own = [
        [frame for frame in query.frames if frame.function == "recurse"] for query in trace.queries
    ]
    assert [len(frames) for frames in own] == [depth + 1] * 3 + [depth // 2 + 1] + [depth + 1]
    callers = [query.frames[len(query.frames) - 1] for query in trace.queries]
    assert len(set(callers)) == 1
    bottom = line_with(HERE, "# at the bottom")
    assert {place_of(query.site) for query in trace.queries} == {bottom}


def test_known_callers_are_not_mixed_up(alias: str) -> None:
    """Frames come and go at the same addresses; each stack names its own caller."""

    def one() -> None:
        recurse(40, alias)  # called by one

    def two() -> None:
        recurse(40, alias)  # called by two

    with orm_insight.capture() as trace:
        for function in (one, two, two, one):
            function()
    callers = [
        next(frame.line for frame in query.frames if frame.function.endswith(("one", "two")))
        for query in trace.queries
    ]
    first, second = line_with(HERE, "# called by one")[1], line_with(HERE, "# called by two")[1]
    assert callers == [first, second, second, first]


def test_same_template_included_twice_names_each_including_line(alias: str) -> None:
    queries = queries_of_template("capture/twice.html", alias)
    reviews = [query for query in queries if 'FROM "testapp_review"' in query.sql]
    lines = [
        next(frame.line for frame in query.frames if frame.file.endswith("twice.html"))
        for query in reviews
    ]
    assert lines == [2, 3, 2, 3]
    assert len({query.site for query in reviews}) == 1


def test_callers_between_a_query_and_its_outermost_caller_are_told_apart(alias: str) -> None:
    """Same statement, same lines inside and outside, same depth: only the middle differs."""

    def find() -> None:
        Person.objects.using(alias).first()

    def one() -> None:
        find()

    def two() -> None:
        find()

    with orm_insight.capture() as trace:
        for function in (one, two, one, two):
            function()
    callers = [query.frames[find_frame(query) + 1].function for query in trace.queries]
    assert [name.rpartition(".")[2] for name in callers] == ["one", "two", "one", "two"]


def find_frame(query: Query) -> int:
    return next(i for i, frame in enumerate(query.frames) if frame.function.endswith(".find"))


def test_local_variables_live_no_longer_than_without_us(alias: str) -> None:
    class Local:
        pass

    def function() -> weakref.ref[Local]:
        local = Local()
        for _ in range(10):
            recurse(20, alias)
        return weakref.ref(local)

    with orm_insight.capture():
        assert function()() is None


def test_threads_of_one_trace_do_not_mix_up_their_stacks() -> None:
    """A walker that is shared gives each stack a number of its own."""
    walker = StackWalker()
    barrier = threading.Barrier(4)
    found: dict[int, list[tuple[int, int]]] = {}

    def run(number: int) -> None:
        barrier.wait()
        found[number] = [
            (depth, walker.walk(frame_at(depth))) for depth in range(1, 60) for _ in range(20)
        ]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for numbers in found.values():
        for depth, number in numbers:
            frames = walker.resolve(number).frames
            assert sum(frame.function == "frame_at" for frame in frames) == depth


def frame_at(depth: int) -> FrameType:
    """Return a frame below this many calls of itself; it keeps its callers."""
    return frame_at(depth - 1) if depth > 1 else sys._getframe()
