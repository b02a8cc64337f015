"""Expressions and conditions as PostgreSQL prints them in a plan.

Their tokens are nested by their brackets, which is enough to find columns, casts and operators;
nothing is known of types or precedence. Conditions are cut into single comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from orm_insight.sql.tokens import Kind, Token, without_space, words

Tree: TypeAlias = "Token | list[Tree]"

OPERATORS = frozenset(
    ("=", "<>", "!=", "<", ">", "<=", ">=", "~~", "~~*", "!~~", "!~~*", "~", "~*", "!~", "!~*")
) | frozenset(("@>", "<@", "&&", "@@", "?", "?|", "?&", "%", "<->", "^@"))
# Words that may follow :: as a type, or stand where a column could.
_NO_COLUMNS = words(
    "AND OR NOT IS NULL TRUE FALSE ANY ALL ARRAY ROW CASE WHEN THEN ELSE END AT TIME ZONE COLLATE "
    "INTERVAL CURRENT_DATE CURRENT_TIMESTAMP DISTINCT FROM alternatives hashed SubPlan InitPlan CTE"
)
_TYPE_WORDS = words("with without time zone varying precision")
_GLUED_BEFORE, _GLUED_AFTER = (")", ".", ",", "::", "[", "]"), ("(", ".", "::", "[")
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """A column as a plan prints it; ``table`` is the alias, if it is printed."""

    name: str
    table: str | None = None


def nest(text: str) -> list[Tree]:
    """The tokens without space; those in brackets are lists that keep their brackets."""
    stack: list[list[Tree]] = [[]]
    for token in without_space(text):
        kind, piece = token
        if kind is Kind.PUNCTUATION and piece in _OPENING:
            stack.append([token])
        elif kind is Kind.PUNCTUATION and piece in _CLOSING and len(stack) > 1:
            inner = stack.pop()
            inner.append(token)
            stack[-1].append(inner)
        elif kind is Kind.OPERATOR and stack[-1] and _continues(stack[-1][-1], piece):
            stack[-1][-1] = (Kind.OPERATOR, str(stack[-1][-1][1]) + piece)
        else:
            stack[-1].append(token)
    while len(stack) > 1:
        inner = stack.pop()
        stack[-1].append(inner)
    return stack[0]


def _continues(before: Tree, piece: str) -> bool:
    """The tokenizer cuts ``~~*`` into single characters; together they are an operator."""
    return (
        isinstance(before, tuple) and before[0] is Kind.OPERATOR and before[1] + piece in OPERATORS
    )


def unwrap(tree: list[Tree]) -> list[Tree]:
    while len(tree) == 1 and isinstance(tree[0], list) and is_piece(tree[0][0], "("):
        group = tree[0]
        tree = group[1:-1] if is_piece(group[-1], ")", "]") else group[1:]
    return tree


def is_piece(tree: Tree, *pieces: str) -> bool:
    return isinstance(tree, tuple) and tree[0] is not Kind.STRING and tree[1] in pieces


def outer_cast(tree: list[Tree]) -> int | None:
    """The position of a ``::`` that casts everything before it."""
    position = 1 if tree and isinstance(tree[0], list) else _end_of_name(tree, 0)
    if position + 1 < len(tree) and is_piece(tree[position], "::"):
        return position if _end_of_type(tree, position + 1) == len(tree) else None
    return None


def as_column(tree: list[Tree]) -> ColumnName | None:
    names = [piece for piece in tree if isinstance(piece, tuple) and not is_piece(piece, ".")]
    dots = sum(is_piece(piece, ".") for piece in tree)
    if len(names) + dots != len(tree) or dots != len(names) - 1 or not 1 <= len(names) <= 3:
        return None
    if not all(_is_name(name) for name in names):
        return None
    texts = [_plain(str(name[1])) for name in names]
    return ColumnName(name=texts[-1], table=texts[-2] if len(texts) > 1 else None)


def _is_name(token: Token) -> bool:
    kind, piece = token
    return kind is Kind.NAME or (kind is Kind.WORD and piece not in _NO_COLUMNS)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def columns_of(tree: Sequence[Tree]) -> Iterator[ColumnName]:
    """The columns: names that are no function, no type and no keyword."""
    position = 0
    while position < len(tree):
        piece = tree[position]
        if isinstance(piece, list):
            if not _is_subplan(piece):
                yield from columns_of(piece)
        elif is_piece(piece, "::"):
            position = _end_of_type(tree, position + 1)
            continue
        elif _is_name(piece):
            end = _end_of_name(tree, position)
            is_no_column = end < len(tree) and (
                opens(tree[end], "(") or is_piece(tree[end], "FROM")
            )
            column = None if is_no_column else as_column(list(tree[position:end]))
            if column is not None:
                yield column
            position = end
            continue
        position += 1


def _is_subplan(group: list[Tree]) -> bool:
    return any(is_piece(piece, "SubPlan", "InitPlan", "CTE") for piece in group)


def opens(tree: Tree, bracket: str) -> bool:
    return isinstance(tree, list) and bool(tree) and is_piece(tree[0], bracket)


def _end_of_name(tree: Sequence[Tree], position: int) -> int:
    while position + 2 < len(tree) and is_piece(tree[position + 1], "."):
        position += 2
    return position + 1


def _end_of_type(tree: Sequence[Tree], position: int) -> int:
    position = _end_of_name(tree, position)
    while position < len(tree):
        piece = tree[position]
        is_part = isinstance(piece, list) or (
            piece[0] is Kind.WORD and piece[1].lower() in _TYPE_WORDS
        )
        if not is_part:
            break
        position += 1
    return position


def text_of(tree: Sequence[Tree]) -> str:
    """The text as it would be printed, without space around brackets and dots."""
    text = ""
    for piece in tree:
        part = text_of(piece) if isinstance(piece, list) else str(piece[1])
        glued = part.startswith(_GLUED_BEFORE) or text.endswith(_GLUED_AFTER)
        is_call = part.startswith("(") and text and (text[-1].isalnum() or text[-1] in '_"')
        is_keyword = text.rsplit(" ", 1)[-1].upper() in _NO_COLUMNS
        text += part if glued or not text or (is_call and not is_keyword) else f" {part}"
    return text


# -- single comparisons -----------------------------------------------------------------------
#
# ``((c.post_id = 7) AND (upper((c.name)::text) ~~ '%X%'::text))`` is two comparisons: one of a
# column, and one of an expression over a column. A condition that cannot be cut names nothing.

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "@>": "<@", "<@": "@>"}
# Casts between these leave the values of an index as they are.
_TEXTS = ("text", "character", "bpchar", "varchar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One condition of several that must all hold.

    ``column`` is compared. If it stands inside an expression, ``expression`` is the text of that,
    without the casts that PostgreSQL adds by itself, and ``function`` its outermost function in
    small letters. ``operator`` is PostgreSQL's, as read from the column's side, or ``IS NULL``,
    ``IS NOT NULL``, ``IS TRUE``, ``NOT``, ``OR`` or empty; ``= ANY`` for a list. ``other`` is the
    column on the other side.
    """

    text: str
    operator: str = ""
    column: ColumnName | None = None
    expression: str = ""
    function: str = ""
    value: str = ""
    other: ColumnName | None = None


def comparisons(condition: str) -> tuple[Comparison, ...]:
    """The parts of a condition that are joined by AND."""
    return tuple(_cut(unwrap(nest(condition))))


def plain_column(expression: str) -> ColumnName | None:
    """The column that an expression is, apart from parentheses and casts."""
    return as_column(_bare(nest(expression)))


def _cut(tree: list[Tree]) -> Iterator[Comparison]:
    parts = list(_split(tree, "AND"))
    if len(parts) > 1:
        for part in parts:
            yield from _cut(unwrap(part))
    elif tree:
        yield _comparison(tree)


def _split(tree: Sequence[Tree], word: str) -> Iterator[list[Tree]]:
    part: list[Tree] = []
    for piece in tree:
        if is_piece(piece, word):
            yield part
            part = []
        else:
            part.append(piece)
    yield part


def _comparison(tree: list[Tree]) -> Comparison:
    text = text_of(tree)
    if any(is_piece(piece, "OR") for piece in tree):
        return Comparison(text=text, operator="OR")
    if is_piece(tree[0], "NOT"):
        return Comparison(text=text, operator="NOT", column=as_column(_bare(tree[1:])))
    position = next((i for i, piece in enumerate(tree) if _is_operator(piece)), None)
    if position is None:
        return _truth(tree, text)
    left, right = tree[:position], tree[position + 1 :]
    operator = str(tree[position][1])
    if is_piece(right[0] if right else tree[0], "ANY", "ALL"):
        return _of(left, f"{operator} {right[0][1]}", right[1:], text)
    return _of_either(left, operator, right, text)


def _is_operator(piece: Tree) -> bool:
    return is_piece(piece, "IS", *OPERATORS)


def _of_either(left: list[Tree], operator: str, right: list[Tree], text: str) -> Comparison:
    """The comparison of the side that has a column, the left side if both have one."""
    if operator == "IS":
        rest = " ".join(text_of([piece]) for piece in right)
        return _of(left, f"IS {rest}", [], text)
    if not any(columns_of(left)) and any(columns_of(right)):
        return _of(right, _FLIPPED.get(operator, operator), left, text)
    return _of(left, operator, right, text)


def _truth(tree: list[Tree], text: str) -> Comparison:
    column = as_column(_bare(tree))
    return Comparison(text=text, operator="IS TRUE" if column else "", column=column)


def _of(side: list[Tree], operator: str, value: list[Tree], text: str) -> Comparison:
    bare = _bare(side)
    column = as_column(bare)
    inner = list(dict.fromkeys(columns_of(side)))
    is_expression = column is None and len(inner) == 1
    return Comparison(
        text=text,
        operator=operator,
        column=inner[0] if is_expression else column,
        expression=text_of(bare) if is_expression else "",
        function=_function(bare) if is_expression else "",
        value=text_of(value),
        other=_any_column(value),
    )


def _any_column(tree: list[Tree]) -> ColumnName | None:
    """The column like ``as_column``, whatever the cast."""
    tree = unwrap(tree)
    cast = outer_cast(tree)
    return as_column(tree) if cast is None else as_column(unwrap(tree[:cast]))


def _bare(tree: list[Tree]) -> list[Tree]:
    """Take off the parentheses around a tree, and casts that leave a text as it is."""
    while True:
        tree = unwrap(tree)
        cast = outer_cast(tree)
        if cast is None or not is_piece(tree[cast + 1], *_TEXTS):
            return tree
        tree = tree[:cast]


def _function(tree: list[Tree]) -> str:
    """``upper`` of ``upper(x)``, ``date`` of ``(x)::date``, ``->`` of ``x -> 'key'``."""
    for position, piece in enumerate(tree[:-1]):
        if isinstance(piece, tuple) and piece[0] is Kind.WORD and opens(tree[position + 1], "("):
            return piece[1].lower()
    cast = outer_cast(tree)
    if cast is not None:
        return str(tree[cast + 1][1]).lower()
    signs = (p[1] for p in tree if isinstance(p, tuple) and p[0] is Kind.OPERATOR and p[1] != "::")
    return next(signs, "")
