"""Names for a statement: its fingerprint, its summary, its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from orm_insight.sql.statement import Targets, find_targets, verb
from orm_insight.sql.tokens import Kind, count_values, tokenize, words

CACHED_LENGTH = 20_000
"""Longer texts are not kept, only their hashes: a thousand of 2 MB would fill the memory."""

CACHED_TEXTS = 1024

SUMMARY_LENGTH = 255
"""The limit that OpenTelemetry sets for ``db.query.summary``."""

_SAVEPOINT = re.compile(r"(SAVEPOINT|(?:RELEASE|ROLLBACK TO)(?: SAVEPOINT)?) \S+", re.IGNORECASE)


def fingerprint(sql: str) -> str:
    """The text that stays equal when a statement is issued again with other values.

    It reads as SQL: comments are gone; strings, numbers and placeholders are ``?``; lists and rows
    of any length look alike; so do savepoints. Keywords and names are kept as they are.
    """
    return _cached_fingerprint(sql) if len(sql) <= CACHED_LENGTH else _fingerprint_of_long(sql)


def summary(sql: str) -> str:
    """A short label: the operation and its tables, as in ``SELECT blog_post blog_author``.

    See https://opentelemetry.io/docs/specs/semconv/database/database-spans/
    """
    targets = _targets(sql)
    label = targets.operation
    for table in targets.tables:
        if len(label) + 1 + len(table) > SUMMARY_LENGTH:
            break
        label = f"{label} {table}"
    return label


def name_of(sql: str, vendor: str = "") -> str:
    """The name of a statement in a list: its label, or as much as is known of it."""
    return summary(sql) or verb(sql) or vendor or "query"


def tables(sql: str) -> tuple[str, ...]:
    """The tables read or written, in order of appearance, without quotes and without repetition."""
    return _targets(sql).tables


def _targets(sql: str) -> Targets:
    return _cached_targets(sql) if len(sql) <= CACHED_LENGTH else find_targets(sql)


def _fingerprint(sql: str) -> str:
    folded = normal_form(sql)
    savepoint = _SAVEPOINT.fullmatch(folded)
    return f"{savepoint[1]} ?" if savepoint else folded


def _fingerprint_of_long(sql: str) -> str:
    # A text keeps its own hash, so that a statement repeated in a loop is found at once.
    key = (hash(sql), len(sql))
    found = _of_long_texts.get(key)
    if found is None:
        found = _fingerprint(sql)
        if len(_of_long_texts) >= CACHED_TEXTS:
            _of_long_texts.clear()
        if len(found) <= CACHED_LENGTH:
            _of_long_texts[key] = found
    return found


_of_long_texts: dict[tuple[int, int], str] = {}
_cached_fingerprint = lru_cache(maxsize=CACHED_TEXTS)(_fingerprint)
_cached_targets = lru_cache(maxsize=CACHED_TEXTS)(find_targets)


# -- the normal form: values and comments gone, lists and spacing folded ----------------------
#
# Items of a list (``IN (...)``, ``ARRAY[...]``, the rows of ``VALUES``, the branches of ``CASE``)
# that are equal to the item before them are dropped, so that the number of values does not count.


class _Nesting(Enum):
    PLAIN = auto()
    LIST = auto()
    """Inside ``IN (`` or ``ARRAY[``: equal items are folded."""
    ROWS = auto()
    """After ``VALUES``: equal rows are folded."""
    ROW = auto()
    """Inside a bracket that is an item of a list or of rows."""
    CASE = auto()
    """Between ``CASE`` and ``END``: equal branches are folded."""


@dataclass(slots=True, eq=False)
class _Level:
    """One nesting level; if it folds items, its current one begins at ``start``."""

    nesting: _Nesting
    start: int | None = None
    previous: tuple[int, int] | None = None


# Shared, because hostile SQL nests a million brackets.
_PLAIN = _Level(_Nesting.PLAIN)
_ROW = _Level(_Nesting.ROW)

_HANDLED = "VALUES CASE WHEN ELSE END SELECT WITH NULL TRUE FALSE DEFAULT"
_HANDLED_WORDS = {
    spelling: word
    for word in _HANDLED.split()
    for spelling in (word, word.lower(), word.capitalize())
}
_CONSTANTS = frozenset({"NULL", "TRUE", "FALSE", "DEFAULT"})
_BEFORE_SIGN = words("( [ , = < > <= >= <> != AND OR BETWEEN THEN ELSE WHEN SELECT LIMIT OFFSET")


def normal_form(sql: str) -> str:
    """Turn values into ``?``, leave out comments, and keep a single space for white space."""
    form = _Form()
    lead, is_tight = "", True
    for kind, text in tokenize(sql, coarse=True):
        if kind is Kind.SPACE or kind is Kind.COMMENT:
            if not is_tight:
                lead = " "
            continue
        is_tight = False
        if kind is Kind.WORD:
            form.add_word(text, lead)
        elif kind is Kind.PUNCTUATION:
            form.add_punctuation(text, lead)
            is_tight = text in "([,"
        elif kind is Kind.NAME or kind is Kind.OPERATOR:
            form.pieces.append(lead + text)
        else:
            form.add_value(kind, text, lead)
        lead = ""
    return form.finish()


class _Form:
    """The pieces written so far and the open levels around the next one."""

    __slots__ = ("levels", "pieces")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.levels = [_PLAIN]

    def finish(self) -> str:
        while len(self.levels) > 1:
            self._leave()
        return "".join(self.pieces).strip("; \n\t")

    def add_word(self, text: str, lead: str) -> None:
        if self.levels[-1].nesting is _Nesting.ROWS:
            self._leave()
        word = _HANDLED_WORDS.get(text)
        if word is None:
            self.pieces.append(lead + text)
        elif word in _CONSTANTS:
            self.pieces.append(lead + ("?" if self._takes_values() else text))
        elif word == "VALUES":
            self.pieces.append(lead + text)
            self.levels.append(_Level(_Nesting.ROWS, len(self.pieces)))
        else:
            self._before_word(word)
            self.pieces.append(lead + text)

    def add_punctuation(self, text: str, lead: str) -> None:
        if text in {"(", "["}:
            self._open(text, lead)
        elif text in {")", "]"}:
            self._close_bracket()
            self.pieces.append(text)
        elif text == ",":
            self._next_item()
        else:
            self.pieces.append(text)

    def add_value(self, kind: Kind, text: str, lead: str) -> None:
        if text[0].isdigit() and self._ends_with_sign():
            lead = self.pieces.pop()[:-1]
        self.pieces.append(lead + "?")
        if kind is not Kind.LIST:
            return
        if self.levels[-1].nesting is _Nesting.LIST:
            # Two items stand for all of them: the second is folded when it ends.
            self._next_item()
            self.pieces.append("?")
        else:
            self.pieces.extend((", ", "?") * (count_values(text) - 1))

    def _before_word(self, word: str) -> None:
        level = self.levels[-1]
        if word == "CASE":
            self.levels.append(_Level(_Nesting.CASE))
        elif level.nesting is _Nesting.CASE:
            self._end_item(level)
            level.start = len(self.pieces) if word == "WHEN" else None
            if word == "END":
                self.levels.pop()
        elif level.nesting is _Nesting.LIST and word in {"SELECT", "WITH"}:
            self.levels[-1] = _PLAIN

    def _takes_values(self) -> bool:
        if self.levels[-1].nesting in {_Nesting.LIST, _Nesting.ROW}:
            return True
        return self._last_word() == "THEN"

    def _open(self, text: str, lead: str) -> None:
        level = self.levels[-1]
        before = self._last_word()
        if (text == "(" and before == "IN") or (text == "[" and before == "ARRAY"):
            lead = " " if text == "(" else ""
            inner = _Level(_Nesting.LIST, len(self.pieces) + 1)
        elif level.nesting is _Nesting.ROWS or level.nesting is _Nesting.LIST:
            if before == "VALUES":
                # A piece of its own: the first row is compared with the rows after it.
                self.pieces.append(" ")
                level.start, lead = len(self.pieces), ""
            inner = _ROW
        else:
            inner = _PLAIN
        self.pieces.append(lead + text)
        self.levels.append(inner)

    def _close_bracket(self) -> None:
        while self.levels[-1].nesting in {_Nesting.ROWS, _Nesting.CASE}:
            self._leave()
        if len(self.levels) > 1:
            self._leave()

    def _leave(self) -> None:
        self._end_item(self.levels.pop())

    def _next_item(self) -> None:
        level = self.levels[-1]
        folds = level.nesting is _Nesting.LIST or level.nesting is _Nesting.ROWS
        if folds:
            self._end_item(level)
        self.pieces.append(", ")
        if folds:
            level.start = len(self.pieces)

    def _end_item(self, level: _Level) -> None:
        start, end = level.start, len(self.pieces)
        if start is None:
            return
        if level.previous is not None:
            first, last = level.previous
            # Lengths first: comparing slices of nested lists would cost quadratic time.
            if last - first == end - start and self.pieces[first:last] == self.pieces[start:]:
                del self.pieces[last:]
                return
        level.previous = (start, end)

    def _last_word(self) -> str:
        return self.pieces[-1].lstrip().upper() if self.pieces else ""

    def _ends_with_sign(self) -> bool:
        if not self.pieces or self.pieces[-1].lstrip() not in {"-", "+"}:
            return False
        return len(self.pieces) > 1 and self.pieces[-2].strip().upper() in _BEFORE_SIGN
