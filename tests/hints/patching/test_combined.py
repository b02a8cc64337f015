"""All fixes of one queryset in one diff: applied with git, every hint of it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm_insight.hints.fixes import combine
from orm_insight.hints.owners import change_in_class
from orm_insight.hints.patching.chains import Clues
from orm_insight.hints.patching.patch import patched, unified_diff
from orm_insight.model.fix import Fix, naming
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import Owner, ResultSet
from tests.hints.patching.tools import HEADER, apply, changed_lines, needs_git, run, write
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
    needs_git,
]

CODE = """
def run():
    found = []
    books = Book.objects.order_by("pk")
    for book in books:
        found.append(book.author.country.name)
        found.append(str(book.editor))
        found += sorted(genre.name for genre in book.genres.all())
        found.append(book.chapter_set.count())
        found.append(book.notes.exists())
        found += [review.text for review in book.reviews.filter(rating=3)]
        found += [review.text for review in book.reviews.filter(rating=5)]
    return found
"""
NAMES = ["matching_reviews", "matching_reviews_2"]


def test_one_diff_for_all(tmp_path: Path) -> None:
    path = write(tmp_path, CODE)
    report, before = run(path)
    assert len(report.hints) >= 6
    fix = combine(hint.change for hint in report.hints)
    assert fix is not None and fix.is_certain
    assert {*NAMES} <= {*fix.attributes}
    text = path.read_text()
    patch = patched(fix, text, Clues.of(report.hints[0], report.queries, report.schema))
    assert patch is not None and patch.is_whole
    diff = unified_diff(text, patch.text, path.name)
    apply(tmp_path, diff)
    after, result = run(path)
    assert result == before
    assert after.hints == ()
    saved = sum(hint.saving.queries for hint in report.hints)
    assert len(report.queries) - len(after.queries) == saved
    assert [line for line in changed_lines(diff) if line.startswith("-")] == [
        f"-{line}" for line in (*HEADER.splitlines(), *CODE.splitlines()) if is_changed(line)
    ]


def is_changed(line: str) -> bool:
    return any(
        part in line for part in ("import ", "objects.", ".count()", ".exists()", ".filter(")
    )


def of_class(kind: str, name: str) -> Fix:
    """A list's relations, or the queryset of the class."""
    site = CallSite(file="module.py", line=5, function="BookAdmin")
    owner = Owner(kind="changelist", name="BookAdmin")
    rows = ResultSet(number=1, model="testapp.Book", site=site, owner=owner, rows=2)
    method = "select_related" if kind == "list" else "prefetch_related"
    return Fix(change=change_in_class(rows, owner, (naming(method, name),)), at=site)


def test_combined_class(tmp_path: Path) -> None:
    """Two statements in one class, by one diff."""
    code = """
    from django.contrib.admin import ModelAdmin

    class BookAdmin(ModelAdmin):
        list_display = ["title"]
    """
    path = write(tmp_path, code)
    text = path.read_text()
    fix = combine(of_class(*given) for given in (("list", "author"), ("rows", "genres")))
    assert fix is not None
    patch = patched(fix, text, Clues(model="Book", modules={}))
    assert patch is not None and patch.is_whole
    assert changed_lines(unified_diff(text, patch.text, path.name)) == [
        '+    list_select_related = ["author"]',
        "+",
        "+    def get_queryset(self, request):",
        '+        return super().get_queryset(request).prefetch_related("genres")',
    ]
