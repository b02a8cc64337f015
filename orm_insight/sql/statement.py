"""Facts about a statement, read from its text, for messages and for caution.

They decide nothing about safety: a read-only transaction refuses a statement that must not run,
whatever its text looks like. Text can be misread in both directions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from orm_insight.sql.tokens import Kind, bare, without_space, words

# Space, comments, parentheses and stray semicolons may stand before the first word.
_LEADING = re.compile(r"(?:[\s(;]+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_SECOND_STATEMENT = re.compile(r";(?!\s*(?:--[^\n]*\s*|/\*.*?\*/\s*|;\s*)*\Z)", re.DOTALL)

# PostgreSQL's functions that act at once and for others, so that no rollback takes that back.
# A function of the project that calls one of them cannot be seen from outside.
_OUTSIDE_FUNCTIONS = (
    r"pg_(?:terminate|cancel)_backend",
    r"pg_(?:reload_conf|rotate_logfile\w*|promote|switch_wal|create_restore_point|log_\w+)",
    r"pg_(?:backup|wal_replay|start_backup|stop_backup)\w*",
    r"pg_(?:create|drop|copy)_\w*replication_slot\w*|pg_replication_\w+|pg_sync_replication_slots",
    r"pg_logical_(?:slot_get|emit_message)\w*",
    r"pg_(?:try_)?advisory_\w+",
    r"pg_stat_\w*reset\w*|pg_truncate_visibility_map|heap_force_\w+",
    r"brin_(?:de)?summarize_\w+|gin_clean_pending_list",
    r"pg_file_(?:write|rename|unlink|sync)|lo_export",
    r"dblink\w*",
)
_GAP = r"\"?(?:\s|/\*.*?\*/|--[^\n]*\n)*\("
_OUTSIDE = re.compile(rf"\b({'|'.join(_OUTSIDE_FUNCTIONS)}){_GAP}", re.IGNORECASE | re.DOTALL)


def verb(sql: str) -> str:
    """The first word in capitals (``SELECT``, ``WITH``), empty if there is none."""
    word = _WORD.match(sql, _end_of_leading(sql))
    return word.group().upper() if word else ""


def is_empty(sql: str) -> bool:
    """Return whether there is nothing but space, comments and idle punctuation."""
    return _end_of_leading(sql) == len(sql)


def _end_of_leading(sql: str) -> int:
    position = 0
    while leading := _LEADING.match(sql, position):
        position = leading.end()
    return position


def looks_like_several(sql: str) -> bool:
    """Return whether something follows a semicolon, which may stand inside a string."""
    return _SECOND_STATEMENT.search(sql) is not None


def function_outside_transactions(sql: str) -> str | None:
    """The first function called that no rollback takes back, even if only a string names it."""
    found = _OUTSIDE.search(sql)
    return found.group(1).lower() if found else None


# -- operation and tables, as far as the words of a statement tell ----------------------------
#
# This is no grammar: it follows the clauses in which SQL names tables, bracket by bracket.
# Functions, aliases and the names of common table expressions are left out.


class Targets(NamedTuple):
    """The operation in upper case, empty for a text without words, and the tables it names."""

    operation: str
    tables: tuple[str, ...]


_VERBS = words("SELECT INSERT UPDATE DELETE MERGE REPLACE WITH")
_OBJECTS = words("TABLE INDEX VIEW SEQUENCE TYPE EXTENSION DATABASE SCHEMA TRIGGER")
_SECOND_WORDS = {
    "CREATE": _OBJECTS,
    "ALTER": _OBJECTS,
    "DROP": _OBJECTS,
    "RELEASE": frozenset({"SAVEPOINT"}),
    "ROLLBACK": frozenset({"TO"}),
}
_BEFORE_TABLE = words("FROM JOIN INTO UPDATE TABLE USING TRUNCATE")
_BETWEEN = words("ONLY LATERAL IF NOT EXISTS IGNORE RECURSIVE TABLE")
_END_OF_TABLES = words(
    "SELECT WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH UNION EXCEPT INTERSECT FOR WINDOW SET "
    "RETURNING VALUES WHEN"
)
# ``FOR UPDATE``, ``DO UPDATE``, ``ON DUPLICATE KEY UPDATE``, ``ON UPDATE CASCADE``
_BEFORE_OTHER_UPDATE = words("FOR KEY DO ON")


@dataclass(slots=True, eq=False, kw_only=True)
class _Level:
    """One bracket: the statement in it, if any, and whether a table, or a further one, follows."""

    expects: bool = False
    is_list: bool = False
    verb: str = ""


def find_targets(sql: str) -> Targets:
    """Read a statement from left to right, once."""
    reader = _Reader()
    for kind, text in without_space(sql):
        reader.read(kind, text)
    reader.end_name("")
    tables = [name for name in reader.tables if name not in reader.expressions]
    operation = "SELECT" if reader.operation == "WITH" else reader.operation
    return Targets(operation, tuple(tables))


@dataclass(slots=True, eq=False)
class _Reader:
    operation: str = ""
    tables: dict[str, None] = field(default_factory=dict)
    expressions: set[str] = field(default_factory=set)
    levels: list[_Level] = field(default_factory=lambda: [_Level()])
    name: list[str] = field(default_factory=list)
    before: str = ""

    def read(self, kind: Kind, text: str) -> None:
        is_name = kind is Kind.WORD or kind is Kind.NAME
        if self.name and (text == "." or (is_name and self.before == ".")):
            self.name.append(bare(text))
            self.before = text
            return
        self.end_name(text)
        level = self.levels[-1]
        word = text.upper() if kind is Kind.WORD else ""
        if is_name and (not word or not self._read_keyword(level, word)) and level.expects:
            self.name = [bare(text)]
        elif kind is Kind.PUNCTUATION:
            self._read_punctuation(level, text)
        elif not is_name:
            level.expects = False
        self.before = word or text

    def end_name(self, text: str) -> None:
        """A name is complete as soon as something else follows."""
        if not self.name:
            return
        name = "".join(self.name)
        self.name = []
        level = self.levels[-1]
        level.expects = False
        if level.verb == "WITH":
            self.expressions.add(name)
        elif text != "(" or not level.is_list:
            # In a FROM clause a bracket after a name makes it a function.
            self.tables[name] = None

    def _read_keyword(self, level: _Level, word: str) -> bool:
        self._read_operation(level, word)
        if level.expects and word in _BETWEEN:
            return True
        if word in _BEFORE_TABLE and self._introduces_table(level, word):
            level.expects = True
            level.is_list = word not in {"INTO", "TABLE", "TRUNCATE"}
        elif word in _END_OF_TABLES:
            level.expects = level.is_list = False
        elif word not in _VERBS:
            return False
        if word in _VERBS and level.verb in {"", "WITH"}:
            level.verb = word
            level.expects = level.expects or word == "WITH"
        return True

    def _read_operation(self, level: _Level, word: str) -> None:
        is_after_with = self.operation == "WITH" and level is self.levels[0]
        if not self.operation or (is_after_with and word in _VERBS):
            self.operation = word
        elif word in _SECOND_WORDS.get(self.operation, ()):
            self.operation = f"{self.operation} {word}"

    def _introduces_table(self, level: _Level, word: str) -> bool:
        if word == "FROM":
            # Not the one of EXTRACT(YEAR FROM ...) nor of IS DISTINCT FROM.
            return bool(level.verb) and self.before != "DISTINCT"
        if word == "UPDATE":
            return self.before not in _BEFORE_OTHER_UPDATE
        if word == "USING":
            return level.verb in {"DELETE", "MERGE"}
        if word == "TRUNCATE":
            return self.before == ""
        return True

    def _read_punctuation(self, level: _Level, text: str) -> None:
        if text == "(":
            self.levels.append(_Level(expects=level.expects, is_list=level.expects))
            level.expects = False
        elif text == ")" and len(self.levels) > 1:
            self.levels.pop()
        elif text == ",":
            level.expects = level.is_list or level.verb == "WITH"
