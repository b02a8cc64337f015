"""Fixes of one queryset put together, pasted, and run: each still does what it did alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections, models
from django.db.models import QuerySet, functions
from django.test.utils import CaptureQueriesContext

from orm_insight.hints.fixes import combine
from orm_insight.model.fix import (
    FALSE,
    NONE,
    TRUE,
    Argument,
    Assignment,
    BeforeLoop,
    Block,
    Call,
    Calls,
    Change,
    ClassBody,
    Code,
    Condition,
    Fix,
    Form,
    Function,
    InPlace,
    Keyword,
    Literal,
    MetaIndex,
    Need,
    Objects,
    Prefetch,
    Reading,
    Return,
    naming,
    objects_of,
)
from orm_insight.model.frames import CallSite
from tests.testapp import models as library
from tests.testapp.factories import make_library
from tests.testapp.models import Book

NAMES = {**vars(models), **vars(functions), **vars(library)}
AT = CallSite(file="/app/views.py", line=3, column=4)
Rows = list[Any]


def calls(*given: Call) -> Fix:
    return Fix(change=Calls(given), at=AT)


def annotated(**values: Any) -> Fix:
    keywords = tuple(Keyword(name, value) for name, value in values.items())
    return calls(Call("annotate", keywords=keywords))


def prefetched(*lookups: Literal | Prefetch) -> Fix:
    return calls(Call("prefetch_related", lookups))


def reviews(*given: Call, window: str = "") -> Objects:
    return objects_of("testapp.Review", "objects", *given, window=window)


def where(**conditions: str) -> Call:
    return Call("filter", keywords=tuple(Keyword(k, Code(v)) for k, v in conditions.items()))


OF_ROW = Keyword("book", Function("OuterRef", (Literal("pk"),)))
COUNT = Function("Count", (Literal("reviews"),), (Keyword("distinct", TRUE),), joins="reviews")
CHAPTERS = Function("Count", (Literal("chapter"),), (Keyword("distinct", TRUE),), joins="chapter")
EXISTS = Function("Exists", (reviews(Call("filter", keywords=(OF_ROW,))),))
NEWEST = reviews(naming("order_by", "-pk"), window="[:1]")
RESET = Call("defer", (NONE,))


@dataclass
class Kind:
    """A fix with what it is for: ``read`` costs no statement after it and gives the same."""

    fix: Fix
    read: Callable[[Rows], Any]
    plain: Callable[[Any], Any] | None = None


def is_deferred(name: str) -> Callable[[Rows], Any]:
    return lambda rows: [name in row.get_deferred_fields() for row in rows]


KINDS = {
    "select_related": Kind(
        calls(naming("select_related", "author")), lambda rows: [r.author.name for r in rows]
    ),
    "select_related, further": Kind(
        calls(naming("select_related", "author__country")),
        lambda rows: [r.author.country.name for r in rows],
    ),
    "select_related, another": Kind(
        calls(naming("select_related", "editor")), lambda rows: [str(r.editor) for r in rows]
    ),
    "prefetch_related": Kind(
        prefetched(Literal("reviews")), lambda rows: [{x.pk for x in r.reviews.all()} for r in rows]
    ),
    "prefetch_related, further": Kind(
        prefetched(Literal("reviews__user")),
        lambda rows: [{x.user.name for x in r.reviews.all()} for r in rows],
    ),
    "prefetch_related, from a row that is joined": Kind(
        prefetched(Literal("author__books")),
        lambda rows: [{x.pk for x in r.author.books.all()} for r in rows],
    ),
    "Prefetch with its own queryset": Kind(
        prefetched(Prefetch("reviews", reviews(naming("select_related", "user")))),
        lambda rows: [{x.user.name for x in r.reviews.all()} for r in rows],
    ),
    "Prefetch that takes some": Kind(
        prefetched(Prefetch("reviews", reviews(where(rating="3")), "matching_reviews")),
        lambda rows: [{x.pk for x in r.matching_reviews} for r in rows],
        lambda rows: [{x.pk for x in r.reviews.filter(rating=3)} for r in rows],
    ),
    "Prefetch of a slice": Kind(
        prefetched(
            Prefetch("reviews", reviews(naming("order_by", "-pk"), window="[:1]"), "newest")
        ),
        lambda rows: [[x.pk for x in r.newest] for r in rows],
        lambda rows: [[x.pk for x in r.reviews.order_by("-pk")[:1]] for r in rows],
    ),
    "annotate, count": Kind(
        annotated(review_count=COUNT),
        lambda rows: [r.review_count for r in rows],
        lambda rows: [r.reviews.count() for r in rows],
    ),
    "annotate, count of others": Kind(
        annotated(chapter_count=CHAPTERS),
        lambda rows: [r.chapter_count for r in rows],
        lambda rows: [r.chapter_set.count() for r in rows],
    ),
    "annotate, exists": Kind(
        annotated(has_reviews=EXISTS),
        lambda rows: [r.has_reviews for r in rows],
        lambda rows: [r.reviews.exists() for r in rows],
    ),
    "defer": Kind(calls(naming("defer", "body")), is_deferred("body"), is_deferred("title")),
    "defer, another": Kind(
        calls(naming("defer", "published")), is_deferred("published"), is_deferred("title")
    ),
    "defer, taken back": Kind(calls(RESET), lambda rows: [r.pages for r in rows]),
    "iterator": Kind(
        calls(Call("iterator", keywords=(Keyword("chunk_size", Literal(2000)),))),
        lambda rows: [r.title for r in rows],
    ),
}
ONLY = {
    "only": Kind(calls(naming("only", "title", "author")), lambda rows: [r.title for r in rows]),
    "only, more": Kind(
        calls(naming("only", "title", "pages", "author", "editor")),
        lambda rows: [r.pages for r in rows],
    ),
}
PAIRS = [
    *itertools.permutations({**KINDS, **ONLY}, 2),
    ("select_related", "select_related"),
    ("annotate, count", "annotate, count"),
]


def pasted(fix: Fix | None, queryset: QuerySet[Any]) -> Any:
    assert fix is not None
    return eval(f"queryset.{fix.code}", {**NAMES, "queryset": queryset})


@pytest.fixture
def books(alias: str, request: pytest.FixtureRequest) -> Iterator[QuerySet[Book]]:
    request.getfixturevalue("_django_db_helper")
    make_library(alias, books=3)
    yield Book.objects.using(alias).order_by("pk")


@pytest.mark.django_db(databases="__all__")
def test_every_pair_does_what_both_do(books: QuerySet[Book], alias: str) -> None:
    """Every two kinds in either order: pasted once, evaluated, read without another statement."""
    kinds = {**KINDS, **ONLY}
    expected = {
        name: (kind.plain or kind.read)(list(books.defer("body", "published", "pages")))
        if "taken back" not in name
        else kind.read(list(books))
        for name, kind in kinds.items()
    }
    expected |= {name: [True] * 3 for name in kinds if name in ("defer", "defer, another")}
    for one, other in PAIRS:
        fix = combine([kinds[one].fix, kinds[other].fix])
        rows = list(pasted(fix, books))
        with CaptureQueriesContext(connections[alias]) as asked:
            found = [kinds[name].read(rows) for name in (one, other)]
        of_only = {one, other} & {*ONLY} and {one, other} & {"defer, taken back"}
        assert found == [expected[one], expected[other]], (one, other, fix.code)  # type: ignore[union-attr]
        assert len(asked) == 0 or of_only, (one, other, fix.code)  # type: ignore[union-attr]


@pytest.mark.django_db(databases="__all__")
def test_all_at_once(books: QuerySet[Book], alias: str) -> None:
    kinds = {name: kind for name, kind in KINDS.items() if "defer" not in name}
    fix = combine(kind.fix for kind in kinds.values())
    rows = list(pasted(fix, books))
    with CaptureQueriesContext(connections[alias]) as asked:
        found = [kind.read(rows) for kind in kinds.values()]
    assert len(asked) == 0
    assert found == [(kind.plain or kind.read)(list(books)) for kind in kinds.values()]


def code_of(*fixes: Fix) -> str | None:
    found = combine(fixes)
    return found and found.code


@pytest.mark.parametrize(
    ("fixes", "code"),
    [
        (["select_related"], 'select_related("author")'),
        (
            ["select_related", "select_related, further", "select_related, another"],
            'select_related("author__country", "editor")',
        ),
        (
            ["prefetch_related", "Prefetch with its own queryset"],
            'prefetch_related(Prefetch("reviews", queryset=Review.objects.select_related("user")))',
        ),
        (
            ["prefetch_related, further", "Prefetch with its own queryset"],
            'prefetch_related(Prefetch("reviews", queryset=Review.objects.select_related("user")), '
            '"reviews__user")',
        ),
        (
            ["prefetch_related", "Prefetch that takes some"],
            'prefetch_related(Prefetch("reviews", queryset=Review.objects.filter(rating=3), '
            'to_attr="matching_reviews"), "reviews")',
        ),
        (["defer", "defer, another"], 'defer("body", "published")'),
        (["iterator", "select_related"], 'select_related("author").iterator(chunk_size=2000)'),
        (["defer, taken back", "defer"], 'defer(None).defer("body")'),
    ],
)
def test_code(fixes: list[str], code: str) -> None:
    assert code_of(*(KINDS[name].fix for name in fixes)) == code


def test_both_take_back() -> None:
    """A field that one of them needs is deferred by neither; the one that both leave out is."""
    one = calls(RESET, naming("defer", "a", "c"))
    other = calls(RESET, naming("defer", "b", "c"))
    assert code_of(one, other) == 'defer(None).defer("c")'
    assert code_of(calls(RESET, naming("defer", "a")), calls(RESET)) == "defer(None)"


def test_relation_that_is_taken_back_and_another_that_is_needed() -> None:
    less = calls(Call("select_related", (NONE,)), naming("select_related", "editor"))
    more = calls(naming("select_related", "author"))
    wanted = 'select_related(None).select_related("editor", "author")'
    assert code_of(less, more) == wanted


@pytest.mark.django_db(databases="__all__")
def test_two_sets_under_one_name(books: QuerySet[Book]) -> None:
    """The second one gets another name, and is read by that."""
    fixes = [
        Fix(
            change=prefetched(Prefetch("reviews", reviews(where(rating=rating)), "found")).change,
            at=AT,
            readings=(Reading(attribute="found", row="book", end="[0]"),),
        )
        for rating in ("3", "5")
    ]
    fix = combine(fixes)
    assert fix is not None
    assert fix.attributes == ("found", "found_2")
    assert [reading.code for reading in fix.readings] == ["book.found[0]", "book.found_2[0]"]
    for book in pasted(fix, books):
        assert {r.rating for r in book.found} <= {3} and {r.rating for r in book.found_2} <= {5}


def test_annotation_and_list_under_one_name() -> None:
    one = annotated(found=COUNT)
    other = prefetched(Prefetch("reviews", reviews(where(rating="3")), "found"))
    fix = combine([one, other])
    assert fix is not None and fix.attributes == ("found_2", "found")
    assert 'to_attr="found_2"' in fix.code and "annotate(found=Count(" in fix.code


def test_equal_annotations_are_one() -> None:
    assert code_of(annotated(n=COUNT), annotated(n=COUNT, m=EXISTS)) == code_of(
        annotated(n=COUNT, m=EXISTS)
    )


SUM = Function("Sum", (Literal("reviews__rating"),), joins="reviews", is_multiplied=True)
NOT_ONE = {
    "a sum, and a join that would multiply its rows": [
        annotated(total=SUM),
        annotated(chapter_count=CHAPTERS),
    ],
    "one relation loaded in two ways": [
        prefetched(Prefetch("reviews", reviews(where(rating="3")))),
        prefetched(Prefetch("reviews", reviews(where(rating="5")))),
    ],
    "one relation with and without a slice": [
        prefetched(Prefetch("reviews", reviews(), "a")),
        Fix(
            change=prefetched(Prefetch("reviews", reviews(window="[:1]"), "a")).change,
            at=CallSite(file="/app/views.py", line=9),
        ),
    ],
    "other lines": [
        calls(naming("select_related", "author")),
        Fix(change=Calls((naming("select_related", "author"),))),
    ],
    "two sizes": [
        calls(Call("iterator", keywords=(Keyword("chunk_size", Code(size)),)))
        for size in ("100", "2000")
    ],
    "a class and a queryset": [
        calls(naming("select_related", "author")),
        Fix(change=ClassBody((Assignment("list_select_related", Literal(("author",))),)), at=AT),
    ],
    "advice without code": [Fix(at=AT), calls(naming("select_related", "author"))],
    "nothing at all": [],
    "other calls in the place of one": [
        Fix(change=InPlace(Call(name)), at=AT) for name in ("count", "exists")
    ],
    "two indexes": [Fix(change=MetaIndex(code), at=AT) for code in ("a", "b")],
    "two loops": [
        Fix(
            change=BeforeLoop(
                how=Form.DICTIONARY,
                objects=objects_of("testapp.Book", "objects"),
                field="pk",
                values=Code(name),
            ),
            at=AT,
        )
        for name in ("ids", "keys")
    ],
}


@pytest.mark.parametrize("name", NOT_ONE)
def test_cannot_be_one(name: str) -> None:
    assert combine(NOT_ONE[name]) is None


def test_sums_over_one_relation_go_together() -> None:
    worst = Function("Min", (Literal("reviews__rating"),), joins="reviews")
    assert code_of(annotated(total=SUM), annotated(worst=worst)) == (
        'annotate(total=Sum("reviews__rating"), worst=Min("reviews__rating"))'
    )


def test_same_twice() -> None:
    for fixes in (NOT_ONE["two indexes"], NOT_ONE["two loops"]):
        assert combine([fixes[0], fixes[0]]) == fixes[0]


# -- classes and arguments ------------------------------------------------------------------------


def of_class(*statements: Any) -> Fix:
    return Fix(change=ClassBody(statements), at=AT)


def of_queryset(method: str, name: str) -> Change:
    return ClassBody(
        (
            Block(
                "def get_queryset(self, request):",
                (Return(Objects(Code("super().get_queryset(request)"), (naming(method, name),))),),
                method="get_queryset",
            ),
        )
    )


def of_field(name: str, *names: str) -> Fix:
    statements = (
        Code("form = super().get_form(form_class)"),
        Block(
            f'field = form.fields["{name}"]',
            (
                Assignment(
                    "field.queryset",
                    Objects(Code("field.queryset"), (naming("select_related", *names),)),
                ),
            ),
            is_indented=False,
        ),
        Code("return form"),
    )
    return of_class(Block("def get_form(self, form_class=None):", statements, method="get_form"))


def test_statements_of_one_class() -> None:
    listed = of_class(Assignment("list_select_related", Literal(("author",))))
    less = of_class(Assignment("list_select_related", FALSE))
    more = of_class(
        Assignment(
            "list_select_related",
            Literal(
                (
                    "author__country",
                    "editor",
                )
            ),
        )
    )
    assert code_of(listed, less, more) == 'list_select_related = ["author__country", "editor"]'
    tags = Fix(change=of_queryset("prefetch_related", "genres"), at=AT)
    notes = Fix(change=of_queryset("prefetch_related", "notes"), at=AT)
    assert code_of(listed, tags, notes) == (
        'list_select_related = ["author"]\n\n'
        "def get_queryset(self, request):\n"
        '    return super().get_queryset(request).prefetch_related("genres", "notes")'
    )


def test_fields_of_one_form() -> None:
    assert code_of(of_field("a", "x"), of_field("b", "y"), of_field("a", "z")) == (
        "def get_form(self, form_class=None):\n"
        "    form = super().get_form(form_class)\n"
        '    field = form.fields["b"]\n'
        '    field.queryset = field.queryset.select_related("y")\n'
        '    field = form.fields["a"]\n'
        '    field.queryset = field.queryset.select_related("x", "z")\n'
        "    return form"
    )


def test_queryset_of_a_view() -> None:
    one, other = (
        of_class(Assignment("queryset", objects_of("t.Book", "objects", naming(*call))))
        for call in (("select_related", "author"), ("prefetch_related", "genres"))
    )
    assert code_of(one, other) == (
        'queryset = Book.objects.select_related("author").prefetch_related("genres")'
    )
    plain = of_class(Assignment("queryset", objects_of("t.Book", "published")))
    assert code_of(one, plain) is None
    assert code_of(one, of_class(Assignment("queryset", Code("rows")))) is None


def test_argument_of_a_call() -> None:
    one, other = (
        Fix(change=Argument("queryset", objects_of("t.Book", "objects", naming(*call))), at=AT)
        for call in (("select_related", "author"), ("prefetch_related", "genres"))
    )
    assert code_of(one, other) == (
        'queryset=Book.objects.select_related("author").prefetch_related("genres")'
    )


def test_what_belongs_to_it() -> None:
    """Imports and conditions of all; it is certain where each of them is."""
    certain = Condition(need=Need.BUILT_HERE, is_known=True)
    doubtful = Condition(need=Need.VALUES_OF_SOURCE, is_known=False, note="Look.")
    one = Fix(
        change=Calls((naming("select_related", "author"),)),
        at=AT,
        imports=("import a",),
        conditions=(certain,),
    )
    other = Fix(
        change=Calls((naming("select_related", "editor"),)),
        at=AT,
        imports=("import b", "import a"),
        conditions=(certain, doubtful),
    )
    both = combine([one, other])
    assert both is not None
    assert both.imports == ("import a", "import b")
    assert both.conditions == (certain, doubtful)
    assert not both.is_certain
    sure = combine([one, Fix(change=other.change, at=AT)])
    assert sure is not None and sure.is_certain
