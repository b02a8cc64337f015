"""The part of Markdown in which the documents are written."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from orm_insight.ui.markdown import markup_of, title_of


def markup(text: str) -> str:
    return str(markup_of(text, {"to": "/here/"}.get))


def test_noop_nothing():
    assert markup("") == ""
    assert title_of("") == ""


@pytest.mark.parametrize(
    "text",
    ["2 * 3 * 4", "a*b", "snake_case_name", "[no link]", "f(x)", "a ** b", "1.5 times", "-1"],
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
    assert markup("a*b*c") == "<p>a<em>b</em>c</p>"
    assert markup("**`a` b**") == "<p><strong><code>a</code> b</strong></p>"


def test_link_that_leads_somewhere():
    assert markup("[`a`](to).") == '<p><a href="/here/" rel="noreferrer"><code>a</code></a>.</p>'


def test_link_that_leads_nowhere_is_its_text():
    assert markup("[`a` b](nowhere) [c](to)") == (
        '<p><code>a</code> b <a href="/here/" rel="noreferrer">c</a></p>'
    )


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//x"])
def test_link_that_is_not_safe_is_text(target):
    for text in (f"[a]({target})", f"<{target}>", f"[a][1]\n\n[1]: {target}", f"![a]({target})"):
        found = markup(text)
        assert not re.search("<(?!/?p>)", found), found


def test_no_style_of_a_document_is_in_line():
    assert "style" not in markup("| a | b |\n| :--- | ---: |\n| c | d |")


def test_lists():
    assert markup("- a\n- b\n  c") == "<ul>\n<li>a</li>\n<li>b c</li>\n</ul>"
    assert markup("1. a\n2. b") == "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"


def test_table():
    assert markup("| a | b |\n| --- | --- |\n| `x \\| y` | |").replace("\n", "") == (
        '<div class="oi-scroll"><table class="oi-table"><thead><tr><th scope="col">a</th>'
        '<th scope="col">b</th></tr></thead><tbody><tr><td><code>x | y</code></td><td></td></tr>'
        "</tbody></table></div>"
    )


def test_code_keeps_its_lines_and_what_follows_is_text():
    assert markup("```python\na\n\n  b\n```\nc") == (
        '<pre class="oi-pre" tabindex="0">a\n\n  b</pre>\n<p>c</p>'
    )


@pytest.mark.process
def test_parser_is_imported_by_the_first_document():
    code = """if True:
        import sys
        from orm_insight.ui.markdown import markup_of
        assert "markdown_it" not in sys.modules
        assert markup_of("*a*", str) == "<p><em>a</em></p>"
        assert "markdown_it" in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
