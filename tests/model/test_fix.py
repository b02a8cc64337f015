"""The code of each kind of fix, the names that it needs, and when it is certain."""

from __future__ import annotations

import pytest

from orm_insight.model.fix import (
    NONE,
    TRUE,
    Argument,
    Assignment,
    BeforeLoop,
    Block,
    Call,
    Calls,
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
    rebuilt,
    walk,
)

FIVE = Keyword("rating", Literal(5, is_recorded=True))
REVIEWS = objects_of("testapp.Review", "objects", Call("filter", keywords=(FIVE,)))
KEYS = Code("ids", frozenset({"ids"}))
BOOKS = objects_of("testapp.Book", "objects")
SELECTED = naming("select_related", "author")

CHANGES = {
    'select_related("author", "author__country")': Calls(
        (naming("select_related", "author", "author__country"),)
    ),
    'defer(None).defer("body")': Calls((Call("defer", (NONE,)), naming("defer", "body"))),
    'prefetch_related(Prefetch("reviews", queryset=Review.objects.filter(rating=5), '
    'to_attr="matching_reviews"))': Calls(
        (Call("prefetch_related", (Prefetch("reviews", REVIEWS, "matching_reviews"),)),)
    ),
    'annotate(review_count=Count("reviews", distinct=True))': Calls(
        (
            Call(
                "annotate",
                keywords=(
                    Keyword(
                        "review_count",
                        Function("Count", (Literal("reviews"),), (Keyword("distinct", TRUE),)),
                    ),
                ),
            ),
        )
    ),
    'list_select_related = ["author"]': ClassBody(
        (Assignment("list_select_related", Literal(("author",))),)
    ),
    "def get_queryset(self, request):\n"
    '    return super().get_queryset(request).select_related("author")': ClassBody(
        (
            Block(
                "def get_queryset(self, request):",
                (Return(Objects(Code("super().get_queryset(request)"), (SELECTED,))),),
                method="get_queryset",
            ),
        )
    ),
    'queryset=Book.objects.select_related("author")': Argument(
        "queryset", objects_of("testapp.Book", "objects", SELECTED)
    ),
    'Book.objects.select_related("author")': Argument(
        "", objects_of("testapp.Book", "objects", SELECTED)
    ),
    "count()": InPlace(Call("count")),
    "count": InPlace(Call("count"), is_template=True),
    "book_by_pk = Book.objects.in_bulk(ids)": BeforeLoop(
        how=Form.DICTIONARY, objects=BOOKS, field="pk", values=KEYS, variable="book_by_pk"
    ),
    'await Book.objects.filter(rating=5).ain_bulk(ids, field_name="slug")': BeforeLoop(
        how=Form.DICTIONARY,
        objects=BOOKS,
        field="slug",
        values=KEYS,
        conditions=(FIVE,),
        is_async=True,
    ),
    "Book.objects.filter(title__in=ids, rating=5)": BeforeLoop(
        how=Form.OBJECTS, objects=BOOKS, field="title", values=KEYS, conditions=(FIVE,)
    ),
    'set(Book.objects.filter(pk__in=ids).values_list("pk", flat=True))': BeforeLoop(
        how=Form.VALUES, objects=BOOKS, field="pk", values=KEYS
    ),
    'models.Index(fields=["title"], name="x")': MetaIndex(
        'models.Index(fields=["title"], name="x")'
    ),
}


@pytest.mark.parametrize("code", CHANGES)
def test_code(code: str) -> None:
    assert Fix(change=CHANGES[code]).code == code


def test_choices_of_a_field() -> None:
    """A first line that only begins the statements below it."""
    body = Block(
        'field = fields["author"]',
        (Assignment("field.queryset", Code("field.queryset.all()")),),
        is_indented=False,
    )
    method = Block("def get_fields(self):", (body, Code("return fields")), method="get_fields")
    assert ClassBody((method,)).code == (
        'def get_fields(self):\n    field = fields["author"]\n'
        "    field.queryset = field.queryset.all()\n    return fields"
    )


def test_names_are_those_of_arguments_and_not_the_methods() -> None:
    prefetch = Calls((Call("prefetch_related", (Prefetch("reviews", REVIEWS, "found"),)),))
    assert prefetch.names == {"Prefetch", "Review"}
    assert Calls((SELECTED,)).names == frozenset()
    assert Argument("queryset", BOOKS).names == {"Book"}


def test_nothing_to_write() -> None:
    assert (Fix().code, Fix().names, Fix().attributes, Fix().is_certain) == ("", set(), (), True)


def known(need: Need, *, is_known: bool = True) -> Condition:
    return Condition(need=need, is_known=is_known)


def test_certain_only_where_every_condition_is_known() -> None:
    fix = Fix(conditions=(known(Need.BUILT_HERE), known(Need.SAME_FOR_ALL, is_known=False)))
    assert not fix.is_certain
    assert fix.given(Need.SAME_FOR_ALL, is_known=True).is_certain
    assert not fix.given(Need.INDEX_HELPS, is_known=False).is_certain


def test_attributes_that_the_rows_get() -> None:
    for code, expected in {
        'annotate(review_count=Count("reviews", distinct=True))': ("review_count",),
        'select_related("author", "author__country")': (),
    }.items():
        assert Fix(change=CHANGES[code]).attributes == expected
    # An annotation inside of a subquery is no attribute of the rows.
    inner = Call("annotate", keywords=(Keyword("value", Function("Count", (Literal("pk"),))),))
    outer = Function("Subquery", (objects_of("testapp.Review", "objects", inner),))
    fix = Fix(change=Calls((Call("annotate", keywords=(Keyword("n", outer),)),)))
    assert fix.attributes == ("n",)


def test_reading() -> None:
    reading = Reading(attribute="newest", row="book", begin="next(iter(", end="), None)")
    assert reading.code == "next(iter(book.newest), None)"
    assert Reading(attribute="book_by_pk", end="[key]").code == "book_by_pk[key]"


def test_rebuilt_and_walk() -> None:
    """The application's own expression in the place of a value of the trace."""
    own = Code("RATING", frozenset({"RATING"}))
    change = rebuilt(
        Calls((Call("prefetch_related", (Prefetch("reviews", REVIEWS),)),)),
        lambda part: own if isinstance(part, Literal) and part.is_recorded else part,
    )
    assert "filter(rating=RATING)" in change.code
    assert "RATING" in change.names
    assert own in list(walk(change))
