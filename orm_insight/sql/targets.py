"""What a statement does and to which tables, as far as its words tell.

No grammar: it follows the clauses in which SQL names tables, bracket by bracket. Functions,
aliases and the names of common table expressions are left out.
"""

from __future__ import annotations

from typing import NamedTuple

from orm_insight.sql.tokens import Kind, tokenize, words


class Targets(NamedTuple):
    """``operation`` is in upper case, empty for a text without words."""

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


class _Level:
    """One bracket: the statement in it, if any, and whether a table, or a further one, follows."""

    __slots__ = ("expects", "is_list", "verb")

    def __init__(self, *, expects: bool) -> None:
        self.verb = ""
        self.expects = expects
        self.is_list = expects


def find_targets(sql: str) -> Targets:
    """Read a statement from left to right, once."""
    reader = _Reader()
    for kind, text in tokenize(sql):
        if kind is not Kind.SPACE and kind is not Kind.COMMENT:
            reader.read(kind, text)
    reader.end_name("")
    tables = [name for name in reader.tables if name not in reader.expressions]
    operation = "SELECT" if reader.operation == "WITH" else reader.operation
    return Targets(operation, tuple(tables))


class _Reader:
    __slots__ = ("before", "expressions", "levels", "name", "operation", "tables")

    def __init__(self) -> None:
        self.operation = ""
        self.tables: dict[str, None] = {}
        self.expressions: set[str] = set()
        self.levels = [_Level(expects=False)]
        self.name: list[str] = []
        self.before = ""

    def read(self, kind: Kind, text: str) -> None:
        is_name = kind is Kind.WORD or kind is Kind.NAME
        if self.name and (text == "." or (is_name and self.before == ".")):
            self.name.append(_bare(text))
            self.before = text
            return
        self.end_name(text)
        level = self.levels[-1]
        word = text.upper() if kind is Kind.WORD else ""
        if is_name and (not word or not self._read_keyword(level, word)) and level.expects:
            self.name = [_bare(text)]
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
            # In a FROM clause a bracket behind a name makes it a function.
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
        is_behind_with = self.operation == "WITH" and level is self.levels[0]
        if not self.operation or (is_behind_with and word in _VERBS):
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
            self.levels.append(_Level(expects=level.expects))
            level.expects = False
        elif text == ")" and len(self.levels) > 1:
            self.levels.pop()
        elif text == ",":
            level.expects = level.is_list or level.verb == "WITH"


def _bare(name: str) -> str:
    return name.strip('"`') if name[0] in '"`' else name
