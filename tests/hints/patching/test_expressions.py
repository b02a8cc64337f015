"""A hint followed to the letter: its code where the queryset is built, the other where it fires.

Nothing is known but what the hint says: the fix, the imports, the text to be replaced and what to
write for it. Then the statements are counted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orm_insight.hints.patching.call_sites import asking_in_template
from orm_insight.hints.patching.expressions import Words, in_own_words
from orm_insight.model.fix import Fix, MetaIndex
from orm_insight.model.hint import Hint, Severity
from orm_insight.project.schema import read_schema
from tests.hints.patching.tools import follow, only_hint, run, write
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
]

BOOK = "from tests.testapp.models import Book\n"


def check(folder: Path, code: str, hint_code: str, header: str = BOOK) -> Hint:
    """After both edits the statements are as few as the hint says, and the result is the same."""
    path = write(folder, code, header)
    report, before = run(path)
    hint = only_hint(report, hint_code)
    assert (bool(hint.fix), bool(hint.instead), hint.certain) == (True, True, True), hint
    follow(path, hint)
    after, result = run(path)
    assert result == before
    assert len(report.queries) - len(after.queries) == hint.saving.queries > 0
    assert [other.code for other in after.hints if other.code == hint_code] == []
    return hint


def hint_of(folder: Path, code: str, hint_code: str, header: str = BOOK) -> Hint:
    return only_hint(run(write(folder, code, header))[0], hint_code)


LOOP = """
def run():
    books = Book.objects.order_by("pk")[:3]
    return [[review.text for review in {ask}] for book in books]
"""


@pytest.mark.parametrize(
    "ask",
    [
        "book.reviews.filter(rating=RATING)",
        "book.reviews.filter(rating__gte=1, user__name=NAME)",
        "book.reviews.filter(rating__in=[1, RATING]).order_by('-pk')",
        "book.reviews.filter(text__startswith='Rev')",
        "book.reviews.order_by('-pk')[:1]",
        "list(book.reviews.filter(rating=RATING))",
    ],
)
def test_prefetch_of_some(tmp_path: Path, ask: str) -> None:
    values = 'RATING = 3\nNAME = "Person 0"\n'
    hint = check(tmp_path, values + LOOP.format(ask=ask), "ORM103")
    assert ("RATING" in hint.fix, "NAME" in hint.fix) == ("RATING" in ask, "NAME" in ask)
    assert "from tests.testapp.models import Review" in hint.imports
    assert "from django.db.models import Prefetch" in hint.imports


def test_time_that_is_computed(tmp_path: Path) -> None:
    """The expression of the code, not the moment of one request; nothing else to import."""
    code = """
    def run():
        since = timezone.now() - datetime.timedelta(days=1)
        books = Book.objects.order_by("pk")
        return [[n.pk for n in book.notes.filter(text__gt=str(since))] for book in books]
    """
    header = f"import datetime\nfrom django.utils import timezone\n{BOOK}"
    path = write(tmp_path, code, header)
    hint = only_hint(run(path)[0], "ORM103")
    assert "Note.objects.filter(text__gt=str(since))" in hint.fix
    assert hint.certain


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            """
            def texts(book, rating):
                return [r.text for r in book.reviews.filter(rating=rating)]

            def run():
                return [texts(book, 1) for book in Book.objects.order_by("pk")]
            """,
            "rating=rating",
        ),
        (
            """
            def run():
                books = Book.objects.order_by("pk")
                rating = 1
                return [[r.text for r in b.reviews.filter(rating=rating)] for b in books]
            """,
            "rating=rating",
        ),
    ],
    ids=["an argument of another function", "a variable of a later line"],
)
def test_value_that_is_not_known_there(tmp_path: Path, code: str, told: str) -> None:
    """Words, and no constant of one request."""
    hint = hint_of(tmp_path, code, "ORM103")
    assert (hint.fix, hint.certain) == ("", False)
    assert f"Its condition {told} is computed at the call site" in hint.message
    assert hint.instead.endswith(".matching_reviews")


def test_condition_in_a_line_that_is_not_known(tmp_path: Path) -> None:
    code = """
    def narrow(reviews):
        return reviews.filter(rating=3)

    def run():
        return [[r.pk for r in narrow(book.reviews)] for book in Book.objects.order_by("pk")]
    """
    hint = hint_of(tmp_path, code, "ORM103")
    assert (hint.certain, "rating=3" in hint.fix) == (False, True)
    assert "Its values are those of this trace" in hint.message


@pytest.mark.parametrize(
    ("ask", "instead"),
    [
        ("book.reviews.first()", "next(iter(book.first_reviews), None)"),
        ("book.reviews.order_by('-pk').first()", "next(iter(book.first_reviews), None)"),
        ("book.chapter_set.get(number=NUMBER)", "book.matching_chapters[0]"),
    ],
)
def test_one_object(tmp_path: Path, ask: str, instead: str) -> None:
    code = f"""
    NUMBER = 1

    def run():
        return [{ask}.pk for book in Book.objects.order_by("pk")]
    """
    hint = check(tmp_path, code, "ORM103")
    assert hint.instead == instead


def test_values_are_no_objects(tmp_path: Path) -> None:
    ask = "book.reviews.filter(rating=3).values_list('text').order_by('pk')"
    code = LOOP.format(ask=ask).replace("review.text", "review[0]")
    assert hint_of(tmp_path, code, "ORM103").instead == ""


def test_two_kinds_of_objects_have_two_names(tmp_path: Path) -> None:
    code = """
    def run():
        books = Book.objects.order_by("pk")
        return [
            (
                [r.text for r in book.reviews.filter(rating=1)],
                [r.text for r in book.reviews.filter(rating=3)],
            )
            for book in books
        ]
    """
    path = write(tmp_path, code, BOOK)
    report, before = run(path)
    found = sorted(hint.instead for hint in report.hints if hint.code == "ORM103")
    assert found == ["book.matching_reviews", "book.matching_reviews_2"]
    follow(path, next(hint for hint in report.hints if hint.instead == found[0]))
    report, _ = run(path)
    follow(path, only_hint(report, "ORM103"))
    after, result = run(path)
    assert (result, len(after.queries)) == (before, 3)


def _fields(hint: Hint) -> dict[str, Any]:
    return {name: getattr(hint, name) for name in hint.__slots__}


def test_asked_again(tmp_path: Path) -> None:
    code = LOOP.format(ask="book.reviews.order_by('-pk')").replace(
        ".order_by", '.prefetch_related("reviews").order_by', 1
    )
    check(tmp_path, code, "ORM104")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ("book.reviews.count()", "ORM201"),
        ("book.reviews.filter(rating=RATING).count()", "ORM201"),
        ("book.reviews.exists()", "ORM202"),
        ("book.reviews.filter(rating=RATING).exists()", "ORM202"),
        ("book.reviews.aggregate(best=Max('rating'))['best']", "ORM203"),
    ],
)
def test_answers_that_come_along(tmp_path: Path, ask: str, code: str) -> None:
    source = f"""
    RATING = 3

    def run():
        books = Book.objects.order_by("pk")
        return [{ask} for book in books]
    """
    hint = check(tmp_path, source, code, f"from django.db.models import Max\n{BOOK}")
    assert ("RATING" in hint.fix) is ("RATING" in ask)


def test_index_goes_into_the_file_of_the_model() -> None:
    """The class of the application's model, and the imports that its file lacks."""
    hint = Hint(
        code="ORM602",
        title="",
        message="",
        severity=Severity.LOW,
        model="testapp.Book",
        change=Fix(
            change=MetaIndex("GinIndex(...)"),
            imports=("from django.contrib.postgres.indexes import GinIndex", MODELS),
        ),
    )
    words = Words(read=read, schema=read_schema(), queries=())
    found = in_own_words(hint, words)
    assert found.model_site is not None
    line = Path(found.model_site.file).read_text().split("\n")[found.model_site.line - 1]
    assert line.startswith("class Book(")
    assert found.imports == ("from django.contrib.postgres.indexes import GinIndex",)
    library = in_own_words(Hint(**{**_fields(hint), "model": "auth.User"}), words)
    assert library.model_site is None


MODELS = "from django.db import models"


def read(file: str, *, now: bool = False) -> str | None:
    return Path(file).read_text() if now else None


def test_template_line() -> None:
    found = asking_in_template("<b>{{ book.reviews.last.text }}</b>", {"reviews"})
    assert found is not None
    assert (found.row, found.text, found.method) == ("book", "book.reviews.last", "last")
    assert asking_in_template("{{ a.reviews.count }} {{ b.reviews.count }}", {"reviews"}) is None


def test_source_that_cannot_be_read_takes_no_hint_away(tmp_path: Path) -> None:
    report, _ = run(write(tmp_path, LOOP.format(ask="book.reviews.filter(rating=1)"), BOOK))

    def fails(file: str, *, now: bool = False) -> str | None:
        raise RuntimeError("no source")

    [hint] = replace(report, read_text=fails).hints
    assert (hint.code, hint.certain) == ("ORM103", False)
