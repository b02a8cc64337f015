"""Lookups in a loop: what to write before it, and in the place of each."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.hints.patching.tools import only_hint, run, write
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
]

BOOK = "from tests.testapp.models import Book\n"


@pytest.mark.parametrize(
    ("ask", "header"),
    [
        ("Book.objects.get(pk=key)", ""),
        ("Book.objects.filter(pk=key).first()", ""),
        ("Book.objects.filter(pk=key).exists()", ""),
        ("Book.objects.select_related('author').get(pk=key)", ""),
        ("Book.objects.get(pk=key, publisher__name__gt=NAME)", 'NAME = ""\n'),
    ],
)
def test_lookups(tmp_path: Path, ask: str, header: str) -> None:
    code = f"""
    def run():
        keys = [1, 2, 3] if False else list(Book.objects.values_list("pk", flat=True))
        keys = sorted(keys)
        found = []
        for key in keys:
            found.append({ask})
        return found
    """
    code = dedent(code).replace("    keys = [1, 2, 3] if False else list(", "    keys = list(")
    code = code.replace("    keys = sorted(keys)\n", "")
    path = write(tmp_path, header + code, BOOK)
    report, before = run(path)
    hint = only_hint(report, "ORM204")
    assert hint.certain and hint.instead, hint
    lines = path.read_text().replace(hint.replaces, hint.instead)
    path.write_text(lines.replace("    found = []", f"    {hint.fix}\n    found = []"))
    after, result = run(path)
    assert (result, len(after.queries)) == (before, 2)
