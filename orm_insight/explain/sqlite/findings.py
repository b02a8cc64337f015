"""What is wrong with a query plan of SQLite: tables read as a whole, sorting, missing indexes.

SQLite measures nothing, so nothing here speaks of time. What tells a small table, for which every
plan is good, from a large one is the number of its rows, which the caller has to find out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from orm_insight.hints.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, Plan, PlanNode
from orm_insight.sql.filters import Filters, find_filters

LARGE = 500
"""Rows that are worth an index."""
LARGE_IN_LOOP = 50
"""Rows that are worth one where they are read again and again."""

_AUTOMATIC = re.compile(r"USING AUTOMATIC .*?INDEX \((?P<terms>.*)\)")
_TERM = re.compile(r"(?P<column>[^\s(=<>]+)[=<>]")
_TEMP_B_TREE = re.compile(r"USE TEMP B-TREE FOR (?P<what>.*)")
_ONE_ROW = re.compile(r"INTEGER PRIMARY KEY \(rowid=")
_MADE_HERE = re.compile(r"(?:MATERIALIZE|CO-ROUTINE) (?P<name>.+)")


class Tables(Protocol):
    """What the database knows about its tables."""

    def rows(self, table: str) -> int | None:
        """How many there are, counted up to ``LARGE``; ``None`` where it is no table."""

    def primary_key(self, table: str) -> frozenset[str]:
        """Its columns, in small letters."""

    def leading_columns(self, table: str) -> frozenset[str]:
        """The columns with which an index begins, in small letters."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A node and where it stands: what runs before it on its level, and whether it is repeated."""

    node: PlanNode
    before: tuple[PlanNode, ...]
    is_in_loop: bool

    @property
    def detail(self) -> str:
        return str(self.node.raw.get("detail", ""))


def find(plan: Plan, sql: str, tables: Tables) -> tuple[Finding, ...]:
    """Missing indexes first, then what sorts. ``sql`` tells which columns are asked for."""
    search = _Search(plan, find_filters(sql), tables)
    steps = list(_steps(plan.root.children, is_in_loop=False))
    rules = (search.automatic_index, search.full_scan, search.temp_b_tree)
    return tuple(finding for rule in rules for step in steps for finding in rule(step))


def _steps(nodes: Sequence[PlanNode], *, is_in_loop: bool) -> Iterator[_Step]:
    before: tuple[PlanNode, ...] = ()
    for node in nodes:
        yield _Step(node, before, is_in_loop or bool(before))
        is_correlated = node.node_type.startswith("CORRELATED")
        yield from _steps(node.children, is_in_loop=is_in_loop or is_correlated)
        if node.relation is not None:
            before = (*before, node)


class _Search:
    def __init__(self, plan: Plan, filters: Filters, tables: Tables) -> None:
        self._filters = filters
        self._tables = tables
        made = (_MADE_HERE.match(node.node_type) for node in plan.nodes())
        self._made_here = {match["name"] for match in made if match}

    def automatic_index(self, step: _Step) -> Iterator[Finding]:
        """SQLite builds an index for this statement alone, each time that it runs."""
        found = _AUTOMATIC.search(step.detail)
        if found is None or self._rows(step.node) < LARGE_IN_LOOP:
            return
        table = self._table(step.node)
        columns = [match["column"] for match in _TERM.finditer(found["terms"])]
        yield Finding(
            code="sqlite-automatic-index",
            node=step.node,
            title="missing index",
            message=(
                f"SQLite builds an index on {_listed(columns)} of {table} for this statement "
                "alone, each time that it runs, because there is none."
            ),
            advice=_index(table, columns),
            hint=code_of_index(IndexKind.PLAIN),
        )

    def full_scan(self, step: _Step) -> Iterator[Finding]:
        """A table is read as a whole, once for each row or to find some of its rows."""
        node = step.node
        is_entries = "USING COVERING INDEX" in step.detail
        if node.node_type != "SCAN" or (node.index is not None and not is_entries):
            return
        name, table = node.alias or str(node.relation), self._table(node)
        values = self._filters.compared.get(name, ())
        if step.is_in_loop and self._rows(node) >= LARGE_IN_LOOP:
            columns = (*self._filters.joined.get(name, ()), *values)
            message = (
                f"{_read(node, table)} again for each row of the steps before it: "
                f"{self._at_least(node)} each time."
            )
        elif name in self._filters.named and self._rows(node) >= LARGE:
            columns = values
            message = f"{_read(node, table)} to find the rows: {self._at_least(node)}."
        else:
            return
        known = self._tables.leading_columns(table)
        missing = [column for column in columns if column.lower() not in known]
        if columns and not missing:
            return
        yield Finding(
            code="sqlite-covering-index-scan" if is_entries else "sqlite-full-scan",
            node=node,
            title="whole index" if is_entries else "full scan",
            message=message,
            advice=_index(table, missing) if missing else _no_index(),
            hint=code_of_index(IndexKind.PLAIN) if missing else "",
        )

    def temp_b_tree(self, step: _Step) -> Iterator[Finding]:
        """Rows are put into an order that no index gives."""
        found = _TEMP_B_TREE.match(step.detail)
        if found is None or not self._may_be_many(step.before):
            return
        what = found["what"].split(" OF ")[-1]
        is_order = what == "ORDER BY"
        # What ORDER BY sorts behind a GROUP BY are the groups, in which no index has a part.
        if self._groups_by_key() or (is_order and self._filters.grouped):
            return
        yield Finding(
            code="sqlite-temp-b-tree",
            node=step.node,
            title="sorts" if is_order else f"sorts for {what}",
            message=(
                f"No index gives the rows in the order that {what} asks for, so SQLite puts all "
                "of them into a temporary B-tree before it returns the first."
            ),
            advice=_order(what),
            hint=code_of_index(IndexKind.ORDERED) if is_order else "",
        )

    def _may_be_many(self, nodes: Sequence[PlanNode]) -> bool:
        is_one_row = nodes and all(_ONE_ROW.search(str(node.raw["detail"])) for node in nodes)
        return not is_one_row and any(self._rows(node) >= LARGE for node in nodes)

    def _groups_by_key(self) -> bool:
        """As ``annotate(Count(...))`` of a model does, with all other fields: no index helps."""
        for name, columns in self._filters.grouped.items():
            key = self._tables.primary_key(self._filters.tables.get(name, name))
            if key and key <= {column.lower() for column in columns}:
                return True
        return False

    def _table(self, node: PlanNode) -> str:
        """Since 3.36 a plan names what stands for the table, before it named both."""
        name = str(node.relation)
        return name if node.alias else self._filters.tables.get(name, name)

    def _rows(self, node: PlanNode) -> int:
        """None of what is no table: a subquery, a WITH query, a table-valued function."""
        if node.relation is None or "VIRTUAL TABLE" in str(node.raw.get("detail")):
            return 0
        table = self._table(node)
        return 0 if table in self._made_here else self._tables.rows(table) or 0

    def _at_least(self, node: PlanNode) -> str:
        rows = self._rows(node)
        return f"{rows} rows or more" if rows >= LARGE else f"{rows} rows"


def _read(node: PlanNode, table: str) -> str:
    return f"The whole index {node.index} is read" if node.index else f"All of {table} is read"


def _listed(columns: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(columns[:-1]), columns[-1]])) if columns else "it"


def _index(table: str, columns: Sequence[str]) -> str:
    fields = ", ".join(f'"{column}"' for column in columns)
    entry = f"Meta.indexes = [models.Index(fields=[{fields}])] in the model of {table}"
    if len(columns) > 1:
        return f"Add {entry}."
    return f"Set db_index=True on the field of the column {columns[0]}, or add {entry}."


def _no_index() -> str:
    return (
        "No index helps the condition as it is written: contains and icontains, a function around "
        "the column and alternatives joined by | read everything. Ask for equality, a range or "
        "startswith, or narrow the rows by another field first."
    )


def _order(what: str) -> str:
    if what == "ORDER BY":
        return (
            "Add an index that gives this order: Meta.indexes = [models.Index(fields=[...])] with "
            "the fields filtered by equality first, then those of order_by(), with their minus."
        )
    if "DISTINCT" in what:
        return (
            "Leave out distinct() where the rows are different anyway. Where a join has multiplied "
            "them, filter by Exists() instead."
        )
    return "Add an index on the grouped fields in their order: Meta.indexes, models.Index(fields)."
