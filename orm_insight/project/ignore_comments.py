"""Finds ``orm-insight: ignore[ORM101]`` in the comments of Python files and templates.

A comment may follow another one on its line (``# noqa  # orm-insight: ignore[ORM101]``), and a
reason may follow it. Text in a string is no comment.
"""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from orm_insight.project.source_files import Unreadable, read_source, status_of
from orm_insight.reports.silence import IgnoreComment

_MARK = "orm-insight:"
_PYTHON = re.compile(r"#\s*orm-insight:(?P<order>[^#]*)")
_ORDER = re.compile(r"\s*ignore\[\s*(?P<codes>ORM\d{3}(?:\s*,\s*ORM\d{3})*)\s*\]")
# Other tags are matched so that their content is passed over, as the engines do it.
_TEMPLATE = re.compile(
    r"\{%[-+]?\s*(?P<block>comment|verbatim|raw)\b[^\n]*?%\}.*?\{%[-+]?\s*end(?P=block)\b[^\n]*?%\}"
    r"|\{%[^\n]*?%\}|\{\{[^\n]*?\}\}"
    r"|\{\#[-+]?[ \t]*orm-insight:(?P<order>[^\n]*?)[-+]?\#\}|\{\#[^\n]*?\#\}",
    re.DOTALL,
)
_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT})


def read_comments(file: str, *, is_template: bool) -> tuple[IgnoreComment, ...]:
    """The comments of a file, malformed ones too; none if it cannot be read."""
    try:
        status = status_of(file)
        return _read(file, status.st_mtime_ns, status.st_size, is_template=is_template)
    except Unreadable:
        return ()


def comments_below(folder: str, *, is_template: bool) -> Iterator[IgnoreComment]:
    """The comments of all Python files, or all templates, in a folder and those inside it."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for file in sorted(files):
            if is_template or file.endswith(".py"):
                yield from read_comments(os.path.join(parent, file), is_template=is_template)


@lru_cache(maxsize=1024)
def _read(
    file: str, modified_ns: int, size: int, *, is_template: bool
) -> tuple[IgnoreComment, ...]:
    """Read the comments, which are kept until time or size of the file change."""
    source = read_source(file)
    if _MARK not in source.text:
        return ()
    found = _in_template(source.text) if is_template else _in_python(source.text)
    return tuple(
        IgnoreComment(
            file=file,
            line=comment.line,
            statement_line=comment.statement_line,
            is_for_all=comment.is_for_all,
            codes=codes_of(comment.order),
            modified_at=source.modified_at,
        )
        for comment in found
    )


def codes_of(order: str) -> tuple[str, ...]:
    """The codes after ``orm-insight:``; none if the comment is malformed."""
    match = _ORDER.match(order)
    return tuple(re.findall(r"ORM\d{3}", match["codes"])) if match else ()


class _Found(NamedTuple):
    """The text after the mark, and its place as in ``IgnoreComment``."""

    order: str
    line: int
    statement_line: int
    is_for_all: bool = False


def _in_template(text: str) -> Iterator[_Found]:
    for match in _TEMPLATE.finditer(text):
        if match["order"] is not None:
            line = text.count("\n", 0, match.start()) + 1
            yield _Found(match["order"], line, line)


def _in_python(text: str) -> Iterator[_Found]:
    for statement in _statements(text):
        for comment in statement.comments:
            line = comment.start[0]
            is_for_all = statement.is_class or line == statement.last_line
            for match in _PYTHON.finditer(comment.string):
                yield _Found(match["order"], line, statement.first_line, is_for_all)


class _Statement(NamedTuple):
    """A logical line, such as the head of a loop, and the comments inside it."""

    comments: tuple[tokenize.TokenInfo, ...]
    first_line: int
    last_line: int
    is_class: bool = False


def _statements(text: str) -> Iterator[_Statement]:
    """The statements; a comment between them counts as one."""
    inside: list[tokenize.TokenInfo] = []
    first: tokenize.TokenInfo | None = None
    decorated_from: int | None = None
    for token in _tokens(text):
        line = token.start[0]
        if first is None and token.type == tokenize.COMMENT:
            yield _Statement((token,), line, line)
        elif token.type == tokenize.COMMENT:
            inside.append(token)
        elif first is None:
            first = None if token.type in _LAYOUT else token
        elif token.type == tokenize.NEWLINE:
            start = decorated_from or first.start[0]
            is_class = first.string == "class"
            yield _Statement(tuple(inside), start if is_class else first.start[0], line, is_class)
            decorated_from = start if first.string == "@" else None
            inside, first = [], None


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the point at which the text is no longer Python, if there is one."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return
