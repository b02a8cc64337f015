"""Keys of an index from the conditions and the order of a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orm_insight.explain.indexes.facts import Key, TableFacts
from orm_insight.model.plan import PlanNode
from orm_insight.sql.predicates import Comparison, comparisons, plain_column

_EQUAL = frozenset({"=", "IS TRUE", "NOT", "IS NULL", "= ANY"})
_RANGE = frozenset({"<", "<=", ">", ">="})
_CONTAINERS = {"@>": ("jsonb", "_"), "<@": ("_",), "&&": ("_",), "@@": ("tsvector",)}
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter")
_JSON_KEY = re.compile(r".*? -> '((?:[^']|'')*)'::text", re.DOTALL)
_STRING = re.compile(r"\(?\s*(?:ARRAY\[)?'((?:[^']|'')*)'", re.DOTALL)
_CASELESS = frozenset({"upper", "lower"})
# Which operator class serves LIKE 'abc%' under every collation.
_PATTERN_OPS = {"varchar": "varchar_pattern_ops", "text": "text_pattern_ops"}


def conditions_of(scan: PlanNode, join: PlanNode | None) -> tuple[Comparison, ...]:
    """What the scan's rows must fulfil, in the scan itself and in the join above."""
    texts = [scan.raw.get(key) for key in _CONDITIONS]
    found = [c for text in texts if text for c in comparisons(str(text))]
    if join is not None:
        for key in ("Join Filter", "Hash Cond", "Merge Cond"):
            found += _of_join(str(join.raw.get(key) or ""), scan.alias)
    return tuple(dict.fromkeys(found))


def _of_join(text: str, alias: str | None) -> Iterator[Comparison]:
    """The equalities of a join, as seen from the side of ``alias``."""
    for found in comparisons(text):
        column, other = found.column, found.other
        if found.operator != "=" or column is None or other is None or found.function:
            continue
        if column.table == alias:
            yield found
        elif other.table == alias:
            yield Comparison(text=found.text, operator="=", column=other, other=column)


def equal_keys(found: tuple[Comparison, ...], scan: PlanNode, table: TableFacts) -> list[Key]:
    """Columns and expressions that are compared for equality, single values first."""
    usable = [c for c in found if c.operator in _EQUAL and _is_fixed(c, scan)]
    usable.sort(key=lambda c: c.operator == "= ANY")
    return _keys(usable, table)


def range_keys(found: tuple[Comparison, ...], scan: PlanNode, table: TableFacts) -> list[Key]:
    """Columns and expressions of which a range is wanted."""
    ranges = [c for c in found if c.operator in _RANGE and _is_fixed(c, scan)]
    prefixes = [key for c in found if (key := _prefix_key(c, table)) is not None]
    return list(dict.fromkeys([*_keys(ranges, table), *prefixes]))


def contained_keys(found: tuple[Comparison, ...], table: TableFacts) -> list[Key]:
    """Keys of a GIN index: what contains, overlaps or matches a pattern."""
    keys = []
    for c in found:
        if c.column is None:
            continue
        kind = table.columns.get(c.column.name, "")
        if c.operator in _CONTAINERS and not c.function:
            if kind.startswith(_CONTAINERS[c.operator]):
                keys.append(Key(column=c.column.name))
        elif c.operator in {"~~", "~~*"} and _pattern(c).startswith("%"):
            key = _text_key(c, table)
            if key is not None and len(_pattern(c).strip("%_")) >= 3:
                keys.append(Key(column=key.column, function=key.function, opclass="gin_trgm_ops"))
    return list(dict.fromkeys(keys))


def order_keys(sort: PlanNode, scan: PlanNode, table: TableFacts) -> list[Key]:
    """The keys of a sort; empty where one is no column of the table."""
    keys = []
    for text in sort.raw.get("Sort Key") or ():
        plain, _, direction = str(text).partition(" DESC")
        # "NULLS LAST" is the default with ASC, "NULLS FIRST" with DESC; others need their own.
        column = None if "NULLS" in str(text) else plain_column(plain)
        if column is None or column.table not in {None, scan.alias}:
            return []
        if column.name not in table.columns or direction.strip():
            return []
        keys.append(Key(column=column.name, descending=" DESC" in str(text)))
    return keys


def key_text(key: Key, table: TableFacts) -> str:
    """As PostgreSQL prints it of an existing index, without space and brackets."""
    if not key.function:
        return key.column
    if key.function == "->":
        return f"{key.column}->'{key.json_key}'::text"
    cast = "" if table.columns.get(key.column) == "text" else "::text"
    return f"{key.function}{key.column}{cast}"


def _is_fixed(c: Comparison, scan: PlanNode) -> bool:
    """Compared with something that is known before the row is read."""
    return c.column is not None and (c.other is None or c.other.table != scan.alias)


def _keys(found: list[Comparison], table: TableFacts) -> list[Key]:
    keys = (_key(c, table) for c in found)
    return list(dict.fromkeys(key for key in keys if key is not None))


def _key(c: Comparison, table: TableFacts) -> Key | None:
    if c.column is None or c.column.name not in table.columns:
        return None
    if c.function == "->":
        found = _JSON_KEY.fullmatch(c.expression)
        is_single = found is not None and c.expression.count("->") == 1
        name = found[1].replace("''", "'") if found else ""
        return Key(column=c.column.name, function="->", json_key=name) if is_single else None
    return _text_key(c, table) if c.function else Key(column=c.column.name)


def _text_key(c: Comparison, table: TableFacts) -> Key | None:
    """The column, or what ``iexact`` and ``icontains`` compare instead."""
    if c.column is None or not table.is_text(c.column.name):
        return None
    if not c.function:
        return Key(column=c.column.name)
    is_plain = re.fullmatch(r'\w+\([\w."]+\)|\w+\(\([\w."]+\)::text\)', c.expression)
    if c.function not in _CASELESS or is_plain is None:
        return None
    return Key(column=c.column.name, function=c.function)


def _prefix_key(c: Comparison, table: TableFacts) -> Key | None:
    """``LIKE 'abc%'``: a range, under an operator class that compares by characters."""
    pattern = _pattern(c)
    key = _text_key(c, table) if c.operator == "~~" else None
    if key is None or not pattern or pattern[0] in "%_":
        return None
    kind = "text" if key.function else table.columns.get(key.column, "")
    opclass = _PATTERN_OPS.get(kind)
    if opclass is None:
        return None
    return Key(column=key.column, function=key.function, opclass=opclass)


def _pattern(c: Comparison) -> str:
    found = _STRING.match(c.value)
    return found[1].replace("''", "'") if found else ""
