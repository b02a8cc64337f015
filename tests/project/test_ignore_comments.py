"""Ignore comments in source files, and the codes that they name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orm_insight.project.ignore_comments import codes_of, comments_below, read_comments


def found(path: Path, text: str, *, is_template: bool = False) -> list[tuple[int, tuple[str, ...]]]:
    path.write_text(text, encoding="utf-8")
    comments = read_comments(str(path), is_template=is_template)
    assert {comment.file for comment in comments} <= {str(path)}
    return [(comment.line, comment.codes) for comment in comments]


def statement(path: Path, text: str) -> tuple[int, int, bool]:
    """Lines of the statement and of its only comment, and whether that counts for all of it."""
    path.write_text(text.replace("MARK", "orm-insight: ignore[ORM101]"))
    [comment] = read_comments(str(path), is_template=False)
    return comment.statement_line, comment.line, comment.is_for_all


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return tmp_path / "module.py"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


@pytest.mark.parametrize(
    "text",
    [
        "x = '# orm-insight: ignore[ORM101]'",
        '"""\n# orm-insight: ignore[ORM101]\n"""',
        "x = f'{1} # orm-insight: ignore[ORM101]'",
        "x = 1  # see orm-insight: ignore[ORM101]",
        "x = 1  # ORM-INSIGHT: ignore[ORM101]",
        "x = 1  # orm-insight ignore[ORM101]",
        "",
    ],
)
def test_noop_no_comment_in_python(module: Path, text: str):
    assert found(module, text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{{ x|default:"{# orm-insight: ignore[ORM101] #}" }}',
        '{% trans "{# orm-insight: ignore[ORM101] #}" %}',
        "{% verbatim %}\n{# orm-insight: ignore[ORM101] #}\n{% endverbatim %}",
        "{% comment 'why' %}{# orm-insight: ignore[ORM101] #}{% endcomment %}",
        "{%- raw -%}{# orm-insight: ignore[ORM101] #}{%- endraw -%}",
        "<!-- orm-insight: ignore[ORM101] -->",
        "# orm-insight: ignore[ORM101]",
        "{#\norm-insight: ignore[ORM101]\n#}",
        "{# orm-insight: ignore[ORM101]",
    ],
)
def test_noop_no_comment_in_a_template(template: Path, text: str):
    assert found(template, text, is_template=True) == []


@pytest.mark.parametrize(
    "order",
    [
        "ignore",
        "ignore[]",
        "ignore[ORM1]",
        "ignore[ORM1011]",
        "ignore[orm101]",
        "ignore[ORM101 ORM102]",
        "ignore[ORM101,]",
        "ignore [ORM101]",
        "ignore[ORM101",
        "ignore(ORM101)",
        "skip[ORM101]",
        "",
    ],
)
def test_noop_malformed(module: Path, template: Path, order: str):
    assert codes_of(order) == ()
    assert found(module, f"x = 1  # orm-insight: {order}") == [(1, ())]
    assert found(template, f"{{# orm-insight: {order} #}}", is_template=True) == [(1, ())]


@pytest.mark.parametrize(
    ("order", "codes"),
    [
        ("ignore[ORM101]", ("ORM101",)),
        ("ignore[ORM101, ORM205]", ("ORM101", "ORM205")),
        ("ignore[ ORM101,ORM205 ] two rows at most", ("ORM101", "ORM205")),
        ("ignore[ORM101], not ORM102", ("ORM101",)),
        ("ignore[ORM999]", ("ORM999",)),
    ],
)
def test_codes(module: Path, template: Path, order: str, codes: tuple[str, ...]):
    assert found(module, f"\nx = 1  # orm-insight: {order}") == [(2, codes)]
    assert found(template, f"\n<p>{{# orm-insight: {order} #}}", is_template=True) == [(2, codes)]
    assert found(template, f"{{#-orm-insight: {order}-#}}", is_template=True) == [(1, codes)]


def test_comment_after_another(module: Path):
    text = "x = 1  # noqa: E501  # orm-insight: ignore[ORM101]  # type: ignore"
    assert found(module, text) == [(1, ("ORM101",))]


def test_comments_before_the_text_stops_to_be_python(module: Path):
    text = "x = 1  # orm-insight: ignore[ORM101]\ny = (\n"
    assert found(module, text) == [(1, ("ORM101",))]


def test_encoding_and_line_ends(module: Path):
    module.write_bytes(
        b"# coding: latin-1\r\nx = '\xe9'\r\n\x0cy = 1  # orm-insight: ignore[ORM101]\r\n"
    )
    [comment] = read_comments(str(module), is_template=False)
    assert (comment.line, comment.codes) == (3, ("ORM101",))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# MARK\nclass A:\n    pass", 1),
        ("@one\n# MARK\nclass A:\n    pass", 2),
        ("class A:\n    pass  # MARK", 2),
        ("class A:\n    # MARK\n    x = 1", 2),
        ("for x in y:\n    a()\n    b()  # MARK", 3),
        ("x = 1\ny = 1  # MARK", 2),
    ],
)
def test_statement_of_one_line(module: Path, text: str, line: int):
    assert statement(module, text) == (line, line, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\nclass A:  # MARK\n    pass", (2, 2, True)),
        ("class A(\n    B,\n):  # MARK\n    pass", (1, 3, True)),
        ("class A(  # MARK\n    B,\n):\n    pass", (1, 1, True)),
        ("@one\n@two(\n    1\n)\nclass A:  # MARK\n    pass", (1, 5, True)),
        ("@one\nclass A(\n    B,  # MARK\n):\n    pass", (1, 3, True)),
        ("@one\ndef a():\n    pass\nclass A: x = 1  # MARK", (4, 4, True)),
        ("@one\ndef a(\n    b,\n):  # MARK\n    pass", (2, 4, True)),
        ("x = (\n    1,\n    2,\n)  # MARK", (1, 4, True)),
        ("x = (\n    1,\n    2,  # MARK\n)", (1, 3, False)),
    ],
)
def test_statement_over_several_lines(module: Path, text: str, expected: tuple[int, int, bool]):
    assert statement(module, text) == expected


@pytest.mark.parametrize("file", ["<string>", "/no/such/file.py", "/", "\0", "relative.py"])
def test_file_that_cannot_be_read_has_none(file: str):
    assert read_comments(file, is_template=False) == ()


def test_file_is_read_again_when_it_has_changed(module: Path):
    assert found(module, "x = 1") == []
    assert found(module, "x = 1  # orm-insight: ignore[ORM101]") == [(1, ("ORM101",))]
    os.utime(module, (1_000, 1_000))
    [comment] = read_comments(str(module), is_template=False)
    assert comment.modified_at == 1_000


def test_comments_of_a_folder(tmp_path: Path):
    text = "x = 1  # orm-insight: ignore[ORM101]\n{# orm-insight: ignore[ORM102] #}"
    for name in ("a.py", "deep/b.py", "deep/c.html", ".venv/d.py", "node_modules/e.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def names(*, is_template: bool) -> list[str]:
        comments = comments_below(str(tmp_path), is_template=is_template)
        return [Path(comment.file).name for comment in comments]

    assert names(is_template=False) == ["a.py", "b.py"]
    assert names(is_template=True) == ["a.py", "b.py", "c.html"]
