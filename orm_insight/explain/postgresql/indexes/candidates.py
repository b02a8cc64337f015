"""Which indexes a measured plan asks for: equality first, then one range, or the order.

Nothing here knows Django; the catalog's facts say what exists already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orm_insight.explain.postgresql.indexes.catalog import ExistingIndex, Key, TableFacts
from orm_insight.explain.raw_values import number_of
from orm_insight.model.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, Plan, PlanNode
from orm_insight.sql.expressions import Comparison, comparisons, plain_column

MAX_KEYS = 3
MIN_ROWS = 500
_NOT_IN_KEYS = re.compile(r'[\s()"]+')

Tables = Mapping[tuple[str, str], TableFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An index that may help. ``node`` is the step that would use it.

    ``superseded`` is an existing index that would no longer be needed.
    """

    table: TableFacts
    keys: tuple[Key, ...]
    node: PlanNode
    hint: str
    method: str = "btree"
    superseded: str = ""


def tables_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Schema and name of every table of which facts are needed."""
    return tuple(dict.fromkeys(place.table for place in places(plan)))


def candidates(plan: Plan, tables: Tables) -> tuple[Candidate, ...]:
    """In the order of the plan's findings, each index once."""
    found: dict[object, Candidate] = {}
    for place in places(plan):
        table = tables.get(place.table)
        if table is None or _rows(table, place.scan) < MIN_ROWS:
            continue
        for hint, method, keys in _shapes(place, table):
            if not any(_serves(index, table, method, keys) for index in table.indexes):
                candidate = Candidate(
                    table=table,
                    keys=tuple(keys),
                    node=place.scan,
                    hint=hint,
                    method=method,
                    superseded=_superseded(table, keys) if method == "btree" else "",
                )
                found.setdefault((table.schema, table.name, method, candidate.keys), candidate)
    return tuple(found.values())


def _rows(table: TableFacts, scan: PlanNode) -> float:
    """The catalog's estimate, else (the table was never analyzed) the rows that the scan saw."""
    if table.rows is not None:
        return table.rows
    removed = number_of(scan.raw, "Rows Removed by Filter") * (scan.loops or 0)
    return (scan.rows or 0.0) + removed


def _shapes(place: Place, table: TableFacts) -> Iterator[tuple[str, str, list[Key]]]:
    """Hint, access method and keys of each index that would serve the place."""
    found = conditions_of(place.scan, place.join)
    equal = equal_keys(found, place.scan, table)[:MAX_KEYS]
    ranges = [key for key in range_keys(found, place.scan, table) if key not in equal]
    order = _order(place, table)
    is_expression = any(key.function for key in (*equal, *ranges[:1]))
    hint = code_of_index(IndexKind.EXPRESSION if is_expression else IndexKind.PLAIN)
    searched = [*equal, *ranges[:1]][:MAX_KEYS]
    ordered = [*equal, *(key for key in order if key not in equal)] if order else []
    if ordered and len(ordered) <= MAX_KEYS:
        yield hint if equal else code_of_index(IndexKind.ORDERED), "btree", ordered
    # What the ordered index begins with anyway is no index of its own.
    if searched and (len(ordered) > MAX_KEYS or searched != ordered[: len(searched)]):
        yield hint, "btree", searched
    for key in contained_keys(found, table):
        kind = IndexKind.TRIGRAM if key.opclass == "gin_trgm_ops" else IndexKind.PLAIN
        yield code_of_index(kind), "gin", [key]


def _order(place: Place, table: TableFacts) -> list[Key]:
    """The order that the rows are wanted in: of the sort above, or of the index that is read."""
    if place.sort is not None:
        return order_keys(place.sort, place.scan, table)
    if not place.is_ordered_by_index:
        return []
    used = next((index for index in table.indexes if index.name == place.scan.index), None)
    if used is None or not all(key in table.columns for key in used.keys):
        return []
    return [Key(column=key) for key in used.keys]


def _serves(index: ExistingIndex, table: TableFacts, method: str, keys: Sequence[Key]) -> bool:
    """It begins with these keys, in any order: what comes first is compared for equality."""
    if index.method != method or index.predicate is not None or len(index.keys) < len(keys):
        return False
    first = dict(zip(map(_plain, index.keys), index.opclasses, strict=False))
    first = dict(list(first.items())[: len(keys)]) if method == "btree" else first
    for key in keys:
        text = _plain(key_text(key, table))
        if text not in first or (key.opclass and first[text] != key.opclass):
            return False
    return True


def _superseded(table: TableFacts, keys: Sequence[Key]) -> str:
    """An index of which the new one has all keys, in this order, and more."""
    texts = [_plain(key_text(key, table)) for key in keys]
    for index in table.indexes:
        existing = [_plain(key) for key in index.keys]
        is_plain = index.method == "btree" and index.predicate is None and not index.is_unique
        is_default = not any("pattern" in opclass for opclass in index.opclasses)
        is_prefix = len(existing) < len(texts) and texts[: len(existing)] == existing
        if is_plain and is_default and is_prefix:
            return index.name
    return ""


def _plain(text: str) -> str:
    return _NOT_IN_KEYS.sub("", text)


# Keys, from the conditions and the order of a plan.

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
    """The conditions on the scan's rows, in the scan itself and in the join above."""
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


# Places where an index may help: the scan that would use it, and the steps around it.

MANY_ROWS = 10_000
_WORTH_AN_ORDER = 1_000
"""Fewer rows are sorted faster than an index that holds the order is kept."""
_OF_SCANS = frozenset({"selective-seq-scan", "inefficient-index-scan", "order-by-limit"})
_SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_SORTS = frozenset({"Sort", "Incremental Sort"})
_PASSING = frozenset({"Gather", "Gather Merge", "Append", "Materialize", "Hash", "Memoize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``join`` is the join that reads ``scan``, ``sort`` the one that orders its rows alone.

    ``is_ordered_by_index`` is true where the index of the scan is used for its order.
    """

    scan: PlanNode
    join: PlanNode | None = None
    sort: PlanNode | None = None
    is_ordered_by_index: bool = False

    @property
    def table(self) -> tuple[str, str]:
        """Schema and name."""
        return self.scan.schema or "public", self.scan.relation or ""


def places(plan: Plan) -> tuple[Place, ...]:
    """In the order of the findings, then sorts and joins that no finding names."""
    above = {id(child): node for node in plan.nodes() for child in node.children}
    found = {id(place.scan): place for place in reversed(list(_all(plan, above)))}
    return tuple(place for place in reversed(found.values()) if place.scan.relation)


def _all(plan: Plan, above: Mapping[int, PlanNode]) -> Iterator[Place]:
    for finding in plan.findings:
        scan = _scan_of(finding, above)
        if scan is not None:
            yield _place(scan, above, by_index=finding.code == "order-by-limit")
    for node in plan.nodes():
        if not node.executed or not (_sorts(node, MANY_ROWS) or _is_selective_join(node)):
            continue
        for child in node.children:
            scan = scan_below(child)
            if scan is not None and (node.node_type in _SORTS or _is_read_whole(scan)):
                yield _place(scan, above)


def _scan_of(finding: Finding, above: Mapping[int, PlanNode]) -> PlanNode | None:
    """The scan that the finding is about."""
    if finding.code in _OF_SCANS:
        return finding.node
    if finding.code == "bitmap-and":
        return above.get(id(finding.node))
    return scan_below(finding.node) if finding.code == "nested-loop" else None


def scan_below(node: PlanNode) -> PlanNode | None:
    """The scan below steps that only pass its rows on."""
    while node.node_type in _PASSING and len(node.children) == 1:
        node = node.children[0]
    return node if node.node_type in _SCANS and node.executed else None


def _place(scan: PlanNode, above: Mapping[int, PlanNode], *, by_index: bool = False) -> Place:
    node = above.get(id(scan))
    while node is not None and node.node_type in _PASSING:
        node = above.get(id(node))
    is_join = node is not None and node.node_type in {"Nested Loop", "Hash Join", "Merge Join"}
    is_sort = node is not None and _sorts(node, _WORTH_AN_ORDER)
    return Place(
        scan=scan,
        join=node if is_join else None,
        sort=node if is_sort else None,
        is_ordered_by_index=by_index,
    )


def _sorts(node: PlanNode, least: int) -> bool:
    return node.node_type in _SORTS and sum(c.rows or 0.0 for c in node.children) >= least


def _is_selective_join(node: PlanNode) -> bool:
    """A table is read as a whole, and few of its rows find a partner."""
    if node.node_type not in {"Hash Join", "Merge Join"}:
        return False
    scans = [scan for child in node.children if (scan := scan_below(child))]
    return any((scan.rows or 0.0) >= 10 * (node.rows or 0.0) for scan in scans)


def _is_read_whole(scan: PlanNode) -> bool:
    return scan.node_type == "Seq Scan" and (scan.rows or 0.0) >= MANY_ROWS
