"""Conditions as PostgreSQL prints them in a plan, cut into single comparisons.

``((c.post_id = 7) AND (upper((c.name)::text) ~~ '%X%'::text))`` is two comparisons, the first of
a column, the second of an expression over one. What cannot be cut stays whole and names nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orm_insight.sql.expressions import (
    OPERATORS,
    ColumnName,
    Tree,
    as_column,
    columns_of,
    is_piece,
    nest,
    opens,
    outer_cast,
    text_of,
    unwrap,
)
from orm_insight.sql.tokens import Kind

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "@>": "<@", "<@": "@>"}
# Casts between these keep what an index holds.
_TEXTS = ("text", "character", "bpchar", "varchar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One condition of several that must all hold.

    ``column`` is what is compared. ``expression`` is the text that is compared instead where
    ``column`` stands inside of one, casts that PostgreSQL adds by itself left out, and
    ``function`` the outermost function of it, in small letters. ``operator`` is PostgreSQL's, as
    read from the column's side, or ``IS NULL``, ``IS NOT NULL``, ``IS TRUE``, ``NOT``, ``OR`` or
    empty; ``= ANY`` for a list. ``other`` is the column on the other side.
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


def columns_in(expression: str) -> tuple[ColumnName, ...]:
    """Every column that an expression names, in order, without repetitions."""
    return tuple(dict.fromkeys(columns_of(nest(expression))))


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
    is_sign = isinstance(piece, tuple) and piece[0] is not Kind.STRING and piece[1] in OPERATORS
    return is_sign or is_piece(piece, "IS")


def _of_either(left: list[Tree], operator: str, right: list[Tree], text: str) -> Comparison:
    """The side with a column is the one that is compared, the left one if both have."""
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
    """Like ``as_column``, whatever the cast."""
    tree = unwrap(tree)
    cast = outer_cast(tree)
    return as_column(tree) if cast is None else as_column(unwrap(tree[:cast]))


def _bare(tree: list[Tree]) -> list[Tree]:
    """Without the parentheses around it, and without casts that leave a text as it is."""
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
    return next((str(piece[1]) for piece in tree if _is_sign(piece)), "")


def _is_sign(piece: Tree) -> bool:
    return isinstance(piece, tuple) and piece[0] is Kind.OPERATOR and piece[1] != "::"
