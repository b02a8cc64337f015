"""The part of Markdown in which the documents are written."""

from __future__ import annotations

import pytest

from orm_insight.ui.markdown import markup_of, title_of


def markup(text: str) -> str:
    return str(markup_of(text, {"to": "/here/"}.get))


def test_noop_nothing():
    assert markup("") == ""
    assert title_of("") == ""


@pytest.mark.parametrize(
    "text",
    ["2 * 3 * 4", "a*b*c", "snake_case_name", "[no link]", "f(x)", "a ** b", "1.5 times", "-1"],
)
def test_noop_what_only_looks_like_it(text):
    assert markup(text) == f"<p>{text}</p>"


def test_markup_is_escaped():
    assert markup("<b> & `<i>`") == "<p>&lt;b&gt; &amp; <code>&lt;i&gt;</code></p>"
    assert markup("```\n<b>\n```") == '<pre class="oi-pre" tabindex="0">&lt;b&gt;</pre>'
    assert "<b>" not in markup("| <b> |\n| --- |\n| <b> |\n\n- <b>\n\n## <b>")


def test_first_heading_is_the_title():
    assert title_of("# ORM101: a title\n\ntext") == "ORM101: a title"
    assert markup("# ORM101: a title\n\ntext") == "<p>text</p>"


def test_lines_of_a_paragraph_are_one():
    assert markup("one\ntwo\n\nthree") == "<p>one two</p>\n<p>three</p>"


def test_stress_and_code():
    assert markup("**a** *b* `**c**`") == "<p><strong>a</strong> <em>b</em> <code>**c**</code></p>"
    assert markup("**`a` b**") == "<p><strong><code>a</code> b</strong></p>"


def test_link_that_leads_somewhere():
    assert markup("[`a`](to).") == '<p><a href="/here/" rel="noreferrer"><code>a</code></a>.</p>'


def test_link_that_leads_nowhere_is_its_text():
    assert markup("[a](javascript:alert)") == "<p>a</p>"


def test_lists():
    assert markup("- a\n- b\n  c") == "<ul><li>a</li><li>b c</li></ul>"
    assert markup("1. a\n2. b") == "<ol><li>a</li><li>b</li></ol>"


def test_table():
    assert markup("| a | b |\n| --- | --- |\n| `x \\| y` | |") == (
        '<div class="oi-scroll"><table class="oi-table"><thead><tr><th scope="col">a</th>'
        '<th scope="col">b</th></tr></thead><tbody><tr><td><code>x \\| y</code></td><td></td></tr>'
        "</tbody></table></div>"
    )


def test_code_keeps_its_lines_and_what_follows_is_text():
    assert markup("```python\na\n\n  b\n```\nc") == (
        '<pre class="oi-pre" tabindex="0">a\n\n  b</pre>\n<p>c</p>'
    )
