"""The columns by which a statement filters, table by table, as far as its words tell.

This is no grammar: conditions stand after WHERE and ON, up to the next clause. A column counts as
compared if an index on it could find the rows. In a function, under OR or NOT, or with LIKE it is
only named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orm_insight.sql.tokens import Kind, bare, without_space, words

MAX_COLUMNS = 3
_TABLES = words("FROM JOIN UPDATE")
_CONDITIONS = words("WHERE ON")
_OTHERS = words(
    "SELECT SET GROUP HAVING ORDER LIMIT OFFSET WINDOW RETURNING UNION EXCEPT INTERSECT VALUES "
    "USING"
)
_NO_ALIAS = words(
    "AS ON USING LEFT RIGHT FULL INNER OUTER CROSS NATURAL JOIN INDEXED NOT FORCE USE IGNORE "
    "STRAIGHT_JOIN PARTITION FOR OR ROLLBACK ABORT REPLACE FAIL ONLY LATERAL"
)
_EQUALITY = frozenset({"=", "<=>", "IN"})
_RANGE = frozenset({"<", "<=", ">", ">=", "BETWEEN"})
_SIGNS = (_EQUALITY | _RANGE) - {"IN", "BETWEEN"}
_AFTER_VALUE = frozenset({"", ")", "AND", ";"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """``tables`` are the tables by the name that stands for them, an alias or their own.

    ``compared`` are the columns that are compared with a value so that an index could find the
    rows, in the order of such an index: equality first, then one range. ``joined`` are those
    compared with another column, ``grouped`` those of GROUP BY. ``named`` are the names of tables
    with a condition that does more than join them.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    compared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grouped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


class _Comparison(NamedTuple):
    name: str
    column: str
    is_equality: bool
    is_join: bool


@dataclass(slots=True)
class _Level:
    """One bracket. ``found`` are the comparisons in it, unless an OR or a NOT spoils them."""

    clause: str
    found: list[_Comparison] = field(default_factory=list)
    is_spoilt: bool = False


def find_filters(sql: str) -> Filters:
    """Read a statement from left to right, once."""
    reader = _Reader(sql)
    reader.read()
    return Filters(
        tables=reader.tables,
        compared=_ordered(c for c in reader.found if not c.is_join),
        joined=_ordered(c for c in reader.found if c.is_join),
        grouped={name: tuple(columns) for name, columns in reader.grouped.items()},
        named=frozenset(reader.named),
    )


def _ordered(found: Iterable[_Comparison]) -> dict[str, tuple[str, ...]]:
    columns: dict[str, list[str]] = {}
    ranges: dict[str, str] = {}
    for one in found:
        if one.is_equality:
            columns.setdefault(one.name, []).append(one.column)
        else:
            ranges.setdefault(one.name, one.column)
    for name, column in ranges.items():
        columns.setdefault(name, []).append(column)
    return {name: tuple(dict.fromkeys(c))[:MAX_COLUMNS] for name, c in columns.items()}


class _Reader:
    def __init__(self, sql: str) -> None:
        self.tokens = without_space(sql)
        self.tables: dict[str, str] = {}
        self.grouped: dict[str, list[str]] = {}
        self.named: set[str] = set()
        self.found: list[_Comparison] = []
        self.levels = [_Level("")]
        self._readers = {
            "FROM": self._read_table,
            "WHERE": self._read_column,
            "GROUP": self._read_grouped,
        }

    def read(self) -> None:
        position = 0
        while position < len(self.tokens):
            position = self._read_at(position)
        while self.levels:
            self._close()

    def _read_at(self, at: int) -> int:
        """Read a part of the statement, and return the position of the next one."""
        (kind, text), word = self.tokens[at], self._word(at)
        if kind is Kind.PUNCTUATION:
            self._read_punctuation(text, at)
        elif word in _TABLES | _CONDITIONS | _OTHERS:
            self._read_clause(word, at)
        elif word in {"OR", "NOT"} and self.levels[-1].clause == "WHERE":
            self.levels[-1].is_spoilt = self.levels[-1].is_spoilt or word == "OR"
        elif self._is_name(at) and (read := self._readers.get(self.levels[-1].clause)):
            return read(at)
        return at + 1

    def _read_punctuation(self, text: str, at: int) -> None:
        level = self.levels[-1]
        if text == "(":
            self.levels.append(_Level(level.clause))
            self.levels[-1].is_spoilt = self._word(at - 1) == "NOT"
        elif text == ")" and len(self.levels) > 1:
            self._close()
        elif text == "," and level.clause == "JOINED":
            level.clause = "FROM"

    def _close(self) -> None:
        """End a bracket or a clause, whose comparisons belong to the one around it."""
        level = self.levels.pop()
        if not level.is_spoilt:
            (self.levels[-1].found if self.levels else self.found).extend(level.found)

    def _read_clause(self, word: str, at: int) -> None:
        before = self._word(at - 1)
        if word == "FROM" and before == "DISTINCT":
            return
        level = self.levels[-1]
        if level.clause == "WHERE":
            if not level.is_spoilt:
                self.found.extend(level.found)
            level.found, level.is_spoilt = [], False
        if word in _TABLES:
            level.clause = "FROM"
        else:
            level.clause = "WHERE" if word in _CONDITIONS else word

    def _read_table(self, at: int) -> int:
        """``schema.book AS b``: the last name before the alias is the table's."""
        if self._word(at) in _NO_ALIAS:
            return at + 1
        path, at = self._path(at)
        table = path[-1]
        if self._text(at).upper() == "AS":
            at += 1
        alias = table
        if self._is_name(at) and self._word(at) not in _NO_ALIAS | _TABLES | _CONDITIONS | _OTHERS:
            alias = bare(self._text(at))
            at += 1
        self.tables[alias] = table
        self.levels[-1].clause = "JOINED"
        return at

    def _read_column(self, at: int) -> int:
        start = at
        path, at = self._path(at)
        if len(path) == 1 and (self.tokens[start][0] is Kind.WORD and not self._is_operand(at)):
            return at
        name = path[-2] if len(path) > 1 else self._only_table()
        if name:
            is_join = self._is_join(start, at)
            if not is_join:
                self.named.add(name)
            if (is_equality := self._is_equality(start, at)) is not None:
                found = _Comparison(name, path[-1], is_equality, is_join)
                self.levels[-1].found.append(found)
        return at

    def _is_join(self, start: int, end: int) -> bool:
        """Return whether a column stands on the other side of the sign."""
        if self._text(end) in _SIGNS:
            at = end + 1
            while self._text(at) == "(":
                at += 1
            return self._is_column(at)
        return self._text(start - 1) in _SIGNS and self._is_column(start - 2)

    def _is_column(self, at: int) -> bool:
        is_quoted = 0 <= at < len(self.tokens) and self.tokens[at][0] is Kind.NAME
        has_path = "." in (self._text(at + 1), self._text(at - 1))
        return is_quoted or (self._is_name(at) and has_path)

    def _read_grouped(self, start: int) -> int:
        path, at = self._path(start)
        name = path[-2] if len(path) > 1 else self._only_table()
        if name and self._word(start) != "BY":
            self.grouped.setdefault(name, []).append(path[-1])
        return at

    def _is_operand(self, at: int) -> bool:
        """A bare word is a column if it is compared, else it may be any keyword."""
        return self._text(at).upper() in _EQUALITY | _RANGE | {"IS", "LIKE", "NOT"}

    def _is_equality(self, start: int, end: int) -> bool | None:
        """Return whether it is compared by equality; ``None`` if no index finds rows by it."""
        before, after = self._text(start - 1).upper(), self._text(end).upper()
        if before == "=" and after in _AFTER_VALUE | _TABLES | _OTHERS:
            return True
        if before not in {"", "(", "AND", "WHERE", "ON"}:
            return None
        if after == "IS" and self._text(end + 1).upper() == "NULL":
            return True
        return True if after in _EQUALITY else False if after in _RANGE else None

    def _only_table(self) -> str | None:
        return next(iter(self.tables)) if len(self.tables) == 1 else None

    def _path(self, at: int) -> tuple[Sequence[str], int]:
        path = [bare(self._text(at))]
        while self._text(at + 1) == "." and self._is_name(at + 2):
            at += 2
            path.append(bare(self._text(at)))
        return path, at + 1

    def _is_name(self, at: int) -> bool:
        return at < len(self.tokens) and self.tokens[at][0] in (Kind.WORD, Kind.NAME)

    def _word(self, at: int) -> str:
        is_word = 0 <= at < len(self.tokens) and self.tokens[at][0] is Kind.WORD
        return self.tokens[at][1].upper() if is_word else ""

    def _text(self, at: int) -> str:
        return self.tokens[at][1] if 0 <= at < len(self.tokens) else ""
