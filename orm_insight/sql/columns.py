"""Which column each placeholder of a statement is compared with or written to."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.sql.tokens import Kind, Token, tokenize, words

_NO_COLUMNS = words(
    "AND OR NOT IN LIKE ILIKE SIMILAR TO BETWEEN IS NULL TRUE FALSE ANY ALL SOME ESCAPE CASE WHEN "
    "END AS DISTINCT GLOB REGEXP RLIKE BINARY COLLATE ARRAY ROW CAST DATE TIME TIMESTAMP INTERVAL "
    "INTEGER INT BIGINT SMALLINT TEXT VARCHAR BOOLEAN NUMERIC REAL UUID JSONB JSON BYTEA INET "
    "SIGNED UNSIGNED CHAR"
)
_CLAUSES = words(
    "SELECT FROM WHERE HAVING LIMIT OFFSET FETCH ORDER GROUP BY ON USING RETURNING UNION "
    "EXCEPT INTERSECT WITH JOIN UPDATE DELETE SET"
)


def columns_of_placeholders(sql: str) -> tuple[str | None, ...]:
    """For each placeholder the bare name of its column, ``None`` where it cannot be told."""
    tokens = [t for t in tokenize(sql) if t[0] not in (Kind.SPACE, Kind.COMMENT)]
    if tokens and tokens[0][1].upper() in ("INSERT", "REPLACE"):
        return tuple(_of_insert(tokens))
    return tuple(_of_other(tokens))


def _of_other(tokens: list[Token]) -> Iterator[str | None]:
    """The column named last before the placeholder; a CASE's result belongs to SET's target."""
    column: str | None = None
    target: str | None = None
    is_set = False
    depth = 0
    for i, token in enumerate(tokens):
        kind, text = token
        word = text.upper() if kind is Kind.WORD else ""
        if kind is Kind.PLACEHOLDER:
            yield column
        elif kind is Kind.PUNCTUATION:
            depth += (text == "(") - (text == ")")
        elif word in ("THEN", "ELSE"):
            column = target
        elif word in _CLAUSES:
            is_set = word == "SET"
            column = None
        elif _is_column(tokens, i, word):
            column = _bare(text)
            if is_set and depth == 0 and _text(tokens, i + 1) == "=":
                target = column


def _is_column(tokens: list[Token], i: int, word: str) -> bool:
    kind = tokens[i][0]
    if kind not in (Kind.WORD, Kind.NAME) or word in _NO_COLUMNS:
        return False
    return _text(tokens, i + 1) not in ("(", ".") and _text(tokens, i - 1) != "::"


def _of_insert(tokens: list[Token]) -> Iterator[str | None]:
    """A value takes its column from its place in the row, or in the arguments of UNNEST."""
    columns: list[str] = []
    depth, place, is_values = 0, 0, False
    for i, (kind, text) in enumerate(tokens):
        if kind is Kind.WORD and text.upper() in ("VALUES", "UNNEST"):
            is_values, depth = True, 0
        elif text == "(":
            depth += 1
            place = 0 if depth == 1 else place
        elif text == ")":
            depth -= 1
        elif text == "," and depth == 1:
            place += 1
        elif kind is Kind.PLACEHOLDER:
            yield columns[place] if is_values and depth and place < len(columns) else None
        elif not is_values and depth == 1 and _is_column(tokens, i, text.upper()):
            columns.append(_bare(text))


def _text(tokens: list[Token], i: int) -> str:
    return tokens[i][1] if 0 <= i < len(tokens) else ""


def _bare(name: str) -> str:
    return name.strip('"`')
