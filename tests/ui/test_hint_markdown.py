"""A hint as Markdown: what is in it, and that no text of the application becomes markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orm_insight.ui.hints import Diff
from tests.builders import STARTED_AT, make_query, make_site
from tests.ui.markdown import HINT, markdown


def test_whole_document():
    at = f"{STARTED_AT:%Y-%m-%d %H:%M:%S %Z}"

    assert (
        markdown()
        == f"""# ORM501: asks the same again

`views.py:1` asks \\<twice\\>.

- Seen in: `GET /posts/`, {at}
- Severity: high
- Statements: 4
- Time: 3 ms (9 %)

## The change

Keep the result.

Write this where it is built:

```python
posts = list(posts)
```

## A statement

```sql
SELECT "a"
FROM "b"
WHERE "c" = %s
```

Django's documentation: <https://docs.djangoproject.com/x>
"""
    )


def test_values_are_not_told():
    assert "hidden" not in markdown()


def test_uncertain_fix_says_so():
    found = markdown(certain=False)

    assert "Perhaps write this" in found
    assert "Not certain" in found


def test_diff_of_a_part_says_so():
    diff = Diff(path="a.py", text="--- a\n+++ b\n", lines=(), is_whole=False)

    assert ("The change of the queryset as a diff:\n\n```diff\n--- a\n+++ b\n```") in markdown(
        diff=diff
    )


def test_both_lines_with_their_source(tmp_path):
    views, page = tmp_path / "views.py", tmp_path / "page.html"
    views.write_text("a = 1\nposts = Post.objects.all()\n")
    page.write_text("{% for post in posts %}\n")
    hint = replace(
        HINT,
        origin=make_site(str(views), 2),
        site=make_site(str(page), 1, function="{% for %}", is_template=True),
    )

    found = markdown(hint)

    assert "Origin: " in found
    assert "```python\na = 1\nposts = Post.objects.all()\n```" in found
    assert "```html\n{% for post in posts %}\n```" in found


FENCES = ["```", "`````", "~~~", "a ``` b\n```\n# not a title"]


@pytest.mark.parametrize("text", FENCES)
def test_fence_is_longer_than_those_inside(text):
    found = markdown(fix=text)
    lines = found.split("\n")
    start = next(n for n, line in enumerate(lines) if line.endswith("python"))
    fence = lines[start].removesuffix("python")

    end = lines.index(fence, start + 1)

    assert "\n".join(lines[start + 1 : end]) == text
    assert set(fence) == {"`"}


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "**bold** _it_ `code` @everyone #1",
    "two\nlines",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_application_is_escaped(text):
    found = markdown(title=text, advice=text)
    title = found.split("\n")[0]

    for mark in ("<", "[", "**", "`", "@", "#1", "_it"):
        assert mark not in title.removeprefix("# ").replace(f"\\{mark[0]}", "")


def test_names_are_left_readable():
    assert "select_related" in markdown(advice="Use select_related.")


def test_code_in_a_line_takes_more_backticks():
    assert "``a`b``" in markdown(name="a`b")
    assert "`` `a` ``" in markdown(name="`a`")


def test_control_characters_are_pictured():
    assert "\x00" not in markdown(title="a\x00b")


def test_long_statement_is_cut():
    query = make_query(f"SELECT {'x' * 20_000}")

    assert len(markdown(replace(HINT, queries=(query,)))) < 10_000
