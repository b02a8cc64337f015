"""Lays a statement out: a line for each clause, subqueries indented, long lists wrapped.

Works on tokens and changes only white space, so that the result can be copied and run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orm_insight.sql.tokens import Kind, Token, words

_WIDTH = 96
_INDENT = "  "

# Words that begin a line of their own at the indentation of their statement.
_CLAUSES = words(
    "SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET FETCH FOR UNION INTERSECT EXCEPT VALUES "
    "SET RETURNING WINDOW WITH INSERT UPDATE DELETE"
)
_JOIN_WORDS = words("JOIN LEFT RIGHT INNER FULL CROSS NATURAL")
_CONDITIONS = words("AND OR")
# After these words, the first word of a clause begins none: FOR UPDATE, ON CONFLICT DO UPDATE SET,
# DELETE FROM, IS DISTINCT FROM, LEFT OUTER JOIN.
_CONTINUED_BY = words("FOR DO DELETE DISTINCT LEFT RIGHT INNER FULL CROSS NATURAL OUTER")

KEYWORDS = (
    _CLAUSES
    | _JOIN_WORDS
    | _CONDITIONS
    | words(
        "ALL ANALYZE ANY ARRAY AS ASC BEGIN BETWEEN BY CASE CAST COMMIT CONFLICT CREATE DEFAULT "
        "DESC DISTINCT DO DROP ELSE END ESCAPE EXISTS EXPLAIN FALSE FILTER FIRST ILIKE IN INDEX "
        "INTERVAL INTO IS LAST LATERAL LIKE NOT NOTHING NULL NULLS ON ONLY OUTER OVER PARTITION "
        "RECURSIVE RELEASE ROLLBACK ROW ROWS SAVEPOINT SIMILAR SOME TABLE THEN TO TRUE USING WHEN"
    )
)


class _Layout:
    """The position of the pen: the column, the open parentheses, the words just written."""

    def __init__(self) -> None:
        self.column = 0
        self.is_start = True
        self.previous = ""
        self.expects_and = False
        # Tells of each open parenthesis whether it holds a statement.
        self.parentheses: list[bool] = []

    @property
    def is_inline(self) -> bool:
        """Inside parentheses that hold no statement: arguments, a list, an expression."""
        return bool(self.parentheses) and not self.parentheses[-1]

    def new_line(self, extra: str = "") -> Token:
        indent = _INDENT * sum(self.parentheses) + extra
        self.column = len(indent)
        return Kind.SPACE, "\n" + indent

    def write(self, kind: Kind, text: str) -> Token:
        self.column = len(text) - text.rfind("\n") - 1 if "\n" in text else self.column + len(text)
        if kind is not Kind.COMMENT:
            self.previous = text.upper() if kind in (Kind.WORD, Kind.PUNCTUATION) else ""
        self.is_start = False
        return kind, text


def laid_out(tokens: Iterable[Token]) -> Iterator[Token]:
    """The same statement with new white space."""
    layout = _Layout()
    pending = False
    items = list(tokens)
    for position, (kind, text) in enumerate(items):
        if kind is Kind.SPACE:
            pending = True
            continue
        if kind is Kind.PUNCTUATION and text == ")":
            if layout.parentheses and layout.parentheses.pop():
                yield layout.new_line()
        else:
            yield from _gap(layout, kind, text, has_space=pending)
        pending = False
        yield layout.write(kind, text)
        if kind is Kind.PUNCTUATION and text == "(":
            layout.parentheses.append(_holds_statement(items, position))
            if layout.parentheses[-1]:
                yield layout.new_line()
                layout.is_start = True
        elif kind is Kind.COMMENT and text.startswith("--"):
            yield layout.new_line()
            layout.is_start = True


def _gap(layout: _Layout, kind: Kind, text: str, *, has_space: bool) -> Iterator[Token]:
    """The white space before a token."""
    word = text.upper() if kind is Kind.WORD else ""
    if layout.is_start:
        return
    if _begins_clause(layout, word):
        layout.expects_and = False
        yield layout.new_line()
    elif word in _CONDITIONS and not layout.is_inline and not layout.expects_and:
        yield layout.new_line(_INDENT)
    elif has_space and layout.previous == "," and layout.column + len(text) > _WIDTH:
        yield layout.new_line(_INDENT * 2)
    elif has_space:
        layout.column += 1
        yield Kind.SPACE, " "
    if word:
        layout.expects_and = word == "BETWEEN" or (layout.expects_and and word != "AND")


def _begins_clause(layout: _Layout, word: str) -> bool:
    if layout.is_inline or layout.previous in _CONTINUED_BY:
        return False
    return word in _CLAUSES or word in _JOIN_WORDS


def _holds_statement(items: list[Token], position: int) -> bool:
    for kind, text in items[position + 1 : position + 3]:
        if kind is not Kind.SPACE:
            return kind is Kind.WORD and text.upper() in ("SELECT", "WITH", "VALUES")
    return False
