"""SQL as escaped markup: laid out over several lines, or shortened to one.

Cut into tokens by our own one-pass tokenizer, so the time is linear in what is shown. What is
too long is cut, and the whole length told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from markupsafe import Markup, escape

from orm_insight.sql.layout import KEYWORDS, laid_out
from orm_insight.sql.tokens import Kind, Token, tokenize
from orm_insight.ui.components import SqlText
from orm_insight.ui.format import counted, cut

MAX_BLOCK = 20_000
_MAX_LINE = 200
_MAX_LIST = 48
_CACHED = 4_000

# A list of columns begins after the one word and ends before the other.
_LISTS = {"SELECT": "FROM", "SET": "WHERE"}

_CLASSES = {
    Kind.STRING: "oi-sql-s",
    Kind.NUMBER: "oi-sql-n",
    Kind.PLACEHOLDER: "oi-sql-p",
    Kind.COMMENT: "oi-sql-c",
}


def sql_block(sql: str) -> SqlText:
    """The statement with a line for each clause; above the limit its beginning as it is."""
    if len(sql) > MAX_BLOCK:
        note = f"The first {MAX_BLOCK:,} of {counted(len(sql), 'character')}; see the JSON."
        return SqlText(markup=escape(cut(sql, MAX_BLOCK)), note=note)
    return SqlText(markup=_block(sql) if len(sql) <= _CACHED else _block.__wrapped__(sql), note="")


def sql_line(sql: str) -> Markup:
    """One line: long lists of columns are left out, because what follows tells more."""
    return _line(sql[:_CACHED])


@lru_cache(maxsize=512)
def _block(sql: str) -> Markup:
    return highlighted(laid_out(tokenize(sql)))


@lru_cache(maxsize=512)
def _line(sql: str) -> Markup:
    return highlighted(_within(_without_columns(_on_one_line(sql)), _MAX_LINE))


def highlighted(tokens: Iterable[Token]) -> Markup:
    """Keywords, values and comments told apart by class; everything escaped."""
    return Markup("").join(_token(kind, text) for kind, text in tokens)


def _token(kind: Kind, text: str) -> Markup:
    if kind is Kind.WORD and text.upper() in KEYWORDS:
        return Markup('<span class="oi-sql-k">{}</span>').format(text)
    if kind in _CLASSES:
        return Markup('<span class="{}">{}</span>').format(_CLASSES[kind], text)
    return escape(text)


def _on_one_line(sql: str) -> Iterator[Token]:
    for kind, text in tokenize(sql):
        if kind is Kind.SPACE:
            yield kind, " "
        elif kind is not Kind.COMMENT:
            yield kind, " ".join(text.split()) if "\n" in text else text


def _without_columns(tokens: Iterable[Token]) -> Iterator[Token]:
    """Leave out what stands between SELECT and FROM, SET and WHERE, where it is long."""
    held: list[Token] | None = None
    end, depth = "", 0
    for kind, text in tokens:
        word = text.upper() if kind is Kind.WORD else ""
        if held is None:
            yield kind, text
            if word in _LISTS:
                held, end, depth = [], _LISTS[word], 0
            continue
        depth += {"(": 1, ")": -1}.get(text, 0) if kind is Kind.PUNCTUATION else 0
        if (word == end and depth == 0) or depth < 0:
            yield from _shortened(held)
            yield kind, text
            held = None
        else:
            held.append((kind, text))
    yield from held or ()


def _shortened(columns: list[Token]) -> list[Token]:
    if sum(len(text) for _, text in columns) <= _MAX_LIST:
        return columns
    return [(Kind.SPACE, " "), (Kind.COMMENT, "…"), (Kind.SPACE, " ")]


def _within(tokens: Iterable[Token], limit: int) -> Iterator[Token]:
    left = limit - 1
    for kind, text in tokens:
        if len(text) > left:
            yield kind, text[:left]
            yield Kind.COMMENT, "…"
            return
        left -= len(text)
        yield kind, text
