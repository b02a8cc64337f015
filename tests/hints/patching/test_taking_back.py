"""Fixes that say less: what no row has used is not loaded any more. Known from a deep recording."""

from __future__ import annotations

import ast

import pytest

from orm_insight.hints.patching.chains import Clues
from orm_insight.hints.patching.patch import patched
from orm_insight.model.frames import CallSite
from tests.fixes import make_fix

CLUES = Clues(model="Book", modules={})


def changed(expression: str, fix: str) -> str | None:
    """The expression after the fix."""
    site = CallSite(
        file="/app/views.py",
        line=1,
        column=4,
        end_line=1,
        end_column=4 + expression.index(")") + 1,
    )
    patch = patched(make_fix(fix, site), f"x = {expression}\n", CLUES)
    return patch.text.removeprefix("x = ").strip() if patch else None


def changed_class(body: str, fix: str) -> str | None:
    """The body of a ModelAdmin after the fix."""
    site = CallSite(file="/app/admin.py", line=1, function="BookAdmin")
    patch = patched(make_fix(fix, site), f"class BookAdmin(ModelAdmin):\n    {body}\n", CLUES)
    return ast.unparse(ast.parse(patch.text).body[0].body) if patch else None


@pytest.mark.parametrize(
    ("expression", "fix"),
    [
        ("Book.objects.all()", "select_related(None)"),
        ("Book.objects.select_related(*names)", "select_related(None)"),
        ("Book.objects.select_related()", "select_related(None)"),
        (
            'Book.objects.prefetch_related(Prefetch("notes"))',
            'prefetch_related(None).prefetch_related("notes")',
        ),
        (
            'Book.objects.select_related("a").select_related("b")',
            'select_related(None).select_related("a")',
        ),
        ('Book.objects.select_related("a")', 'select_related(None).select_related("a")'),
        ("Book.objects.all()", "count()"),
        ("Book.objects.all()", "iterator(chunk_size=2000)"),
    ],
)
def test_noop(expression, fix):
    assert changed(expression, fix) is None


@pytest.mark.parametrize(
    ("expression", "fix", "after"),
    [
        ('Book.objects.select_related("a")', "select_related(None)", "Book.objects.all()"),
        (
            'Book.objects.filter(b=1).select_related("a")[:5]',
            "select_related(None)",
            "Book.objects.filter(b=1)[:5]",
        ),
        (
            'Book.objects.select_related("a", "b")',
            'select_related(None).select_related("b")',
            'Book.objects.select_related("b")',
        ),
        (
            'Book.objects.select_related("a__b")',
            'select_related(None).select_related("a")',
            'Book.objects.select_related("a")',
        ),
        (
            'Book.objects.filter(b=1).prefetch_related("a", "b")',
            'prefetch_related(None).prefetch_related("b")',
            'Book.objects.filter(b=1).prefetch_related("b")',
        ),
        ("Book.objects.all()", 'defer("body")', 'Book.objects.all().defer("body")'),
        ('Book.objects.defer("a")', 'defer("body")', 'Book.objects.defer("a", "body")'),
    ],
)
def test_less_is_loaded(expression, fix, after):
    assert changed(expression, fix) == after


@pytest.mark.parametrize(
    ("body", "fix", "after"),
    [
        ("list_select_related = NAMES", "list_select_related = False", None),
        ('list_select_related = ["a", NAME]', 'list_select_related = ["a"]', None),
        ('list_select_related = ["a"]', 'list_select_related = ["b"]', None),
        (
            'list_select_related = ["a", "b"]',
            'list_select_related = ["b"]',
            "list_select_related = ['b']",
        ),
        (
            'list_select_related = ("a",)',
            "list_select_related = False",
            "list_select_related = False",
        ),
        (
            "list_select_related = True",
            'list_select_related = ["a"]',
            "list_select_related = ['a']",
        ),
    ],
)
def test_list_of_a_model_admin(body, fix, after):
    assert changed_class(body, fix) == after
