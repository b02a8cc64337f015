"""How SQLite is asked. ``EXPLAIN QUERY PLAN`` compiles a statement and never runs it.

The connection refuses to write all the same, and refuses PRAGMA and ATTACH, some of which act
while they are compiled.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from orm_insight.explain.base import (
    SEVERAL,
    Answer,
    ExplainError,
    Limits,
    NoPlan,
    Refused,
    Statement,
    Unavailable,
)
from orm_insight.explain.words import index_advice
from orm_insight.model.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, Plan, PlanNode
from orm_insight.sql.filters import Filters, find_filters
from orm_insight.sql.statement import looks_like_several, verb

NO_ANALYZE = "Not executed: SQLite shows its plan, but measures nothing."
FORBIDDEN = frozenset({sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
# These only read; the others are refused.
READ_ONLY_PRAGMAS = frozenset({"index_list", "index_info", "table_info"})
IS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
LEADING_COLUMNS = """
SELECT i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i
WHERE i.seqno = 0 AND i.name IS NOT NULL AND NOT l.partial
"""
PRIMARY_KEY = "SELECT name FROM pragma_table_info(?) WHERE pk > 0"
EXPLAINABLE = frozenset({"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "VALUES"})


class SqliteSession:
    """Explains over the standard library's driver, with the functions that Django registers."""

    def adapt_settings(self, settings: dict[str, Any]) -> None:
        """The same database, which must exist: a file that is gone is not created again."""
        name = str(settings["NAME"])
        is_in_memory = ":memory:" in name or "mode=memory" in name
        if not name or (is_in_memory and "cache=shared" not in name):
            raise Refused(
                "This SQLite database exists only in the memory of its connection, and EXPLAIN "
                "uses a separate connection."
            )
        if not name.startswith("file:"):
            settings["NAME"] = f"{Path(name).absolute().as_uri()}?mode=rw"
        settings["AUTOCOMMIT"] = True

    def explain(
        self, wrapper: Any, statement: Statement, *, analyze: bool, limits: Limits
    ) -> Answer:
        _restrict(wrapper.connection, limits)
        cursor = wrapper.create_cursor()
        try:
            cursor.execute(PREFIX + statement.sql, statement.params)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise _explain_error(error, statement) from error
        finally:
            cursor.close()
        if not rows and verb(statement.sql) not in EXPLAINABLE:
            raise NoPlan(f"SQLite has no plan for {verb(statement.sql)} statements.")
        plan = parse_query_plan(rows)
        tables = SqliteTables(wrapper.connection)
        plan = replace(plan, findings=find(plan, statement.sql, tables))
        return Answer(
            plan=plan,
            text=render_query_plan(plan),
            payload=[node.raw for node in plan.nodes() if node.raw],
            notice=NO_ANALYZE if analyze else None,
        )

    def cancel(self, wrapper: Any) -> None:
        wrapper.connection.interrupt()


class SqliteTables:
    """Cheap questions about tables, each asked once. No answer is no table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, int | None] = {}

    def rows(self, table: str) -> int | None:
        if table not in self._rows:
            self._rows[table] = self._count(table)
        return self._rows[table]

    def primary_key(self, table: str) -> frozenset[str]:
        return self._columns(PRIMARY_KEY, table)

    def leading_columns(self, table: str) -> frozenset[str]:
        return self._columns(LEADING_COLUMNS, table)

    def _columns(self, sql: str, table: str) -> frozenset[str]:
        return frozenset(str(column).lower() for (column,) in self._ask(sql, table))

    def _count(self, table: str) -> int | None:
        if not self._ask(IS_TABLE, table):
            return None
        name = table.replace('"', '""')
        found = self._ask(f'SELECT count(*) FROM (SELECT 1 FROM "{name}" LIMIT {LARGE})')
        return int(found[0][0]) if found else None

    def _ask(self, sql: str, *params: str) -> list[Any]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error:
            return []


def _restrict(connection: sqlite3.Connection, limits: Limits) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {limits.lock_ms:d}")
    connection.set_authorizer(_authorize)


def _authorize(action: int, name: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_PRAGMA and name in READ_ONLY_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY if action in FORBIDDEN else sqlite3.SQLITE_OK


def _explain_error(error: sqlite3.Error, statement: Statement) -> ExplainError:
    message = str(error).rstrip(".")
    if verb(statement.sql) not in EXPLAINABLE:
        return Refused(f"SQLite has no plan for {verb(statement.sql)} statements.")
    if looks_like_several(statement.sql) and isinstance(error, sqlite3.ProgrammingError):
        return Refused(SEVERAL)
    if isinstance(error, sqlite3.OperationalError) and "unable to open" in message:
        return Unavailable(f"The database file cannot be opened: {message}.")
    return ExplainError(f"SQLite says: {message}.")


# Findings: tables read as a whole, sorting, missing indexes.
#
# SQLite measures nothing, so nothing here speaks of time. What tells a small table, for which every
# plan is good, from a large one is the number of its rows, which the caller has to find out.

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
    """The facts that the rules need of the database's tables."""

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
                f"SQLite builds an index on {_listed(columns)} of {table} each time this "
                "statement runs, because there is none."
            ),
            advice=index_advice(table, columns),
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
            advice=index_advice(table, missing),
            hint=code_of_index(IndexKind.PLAIN) if missing else "",
        )

    def temp_b_tree(self, step: _Step) -> Iterator[Finding]:
        """Rows are put into an order that no index gives."""
        found = _TEMP_B_TREE.match(step.detail)
        if found is None or not self._may_be_many(step.before):
            return
        what = found["what"].split(" OF ")[-1]
        is_order = what == "ORDER BY"
        # ORDER BY sorts the groups after a GROUP BY, in which no index has a part.
        if self._groups_by_key() or (is_order and self._filters.grouped):
            return
        yield Finding(
            code="sqlite-temp-b-tree",
            node=step.node,
            title="sorts" if is_order else f"sorts for {what}",
            message=(
                f"No index returns the rows in the order of {what}, so SQLite puts all of them "
                "into a temporary B-tree before it returns the first."
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


def _order(what: str) -> str:
    if what == "ORDER BY":
        return (
            "Add an index in this order: Meta.indexes = [models.Index(fields=[...])] with "
            "the fields filtered by equality first, then those of order_by(), with their minus."
        )
    if "DISTINCT" in what:
        return (
            "Remove distinct() if the rows are distinct anyway. If a join has multiplied them, "
            "filter by Exists() instead."
        )
    return "Add an index on the grouped fields in their order: Meta.indexes, models.Index(fields)."


# The rows of ``EXPLAIN QUERY PLAN`` as ``Plan``.
#
# SQLite measures nothing, so there are no times and no rows. No database here.

PREFIX = "EXPLAIN QUERY PLAN "

# "SEARCH book USING COVERING INDEX name (author_id=?)"; before 3.36 "SCAN TABLE book AS b".
_ACCESS = re.compile(
    r"(?P<kind>SCAN|SEARCH) (?:TABLE )?(?P<relation>\S+)(?: AS (?P<alias>\S+))?"
    r"(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX (?P<index>[^\s(]+))?"
)
_NO_TABLE = frozenset({"CONSTANT", "SUBQUERY"})


def parse_query_plan(rows: Sequence[tuple[int, int, Any, str]]) -> Plan:
    """The plan in the rows ``(id, parent, unused, detail)``."""
    return Plan(root=PlanNode(node_type="QUERY PLAN", children=_children(rows, 0)))


def _children(rows: Sequence[tuple[int, int, Any, str]], parent: int) -> tuple[PlanNode, ...]:
    return tuple(
        _node(detail, {"id": number, "parent": above, "detail": detail}, _children(rows, number))
        for number, above, _, detail in rows
        if above == parent
    )


def _node(detail: str, raw: Mapping[str, Any], children: tuple[PlanNode, ...]) -> PlanNode:
    access = _ACCESS.match(detail)
    if access is None or access["relation"] in _NO_TABLE or access["relation"].isdigit():
        return PlanNode(node_type=detail, raw=raw, children=children)
    return PlanNode(
        node_type=access["kind"],
        relation=access["relation"],
        alias=access["alias"],
        index=access["index"],
        raw=raw,
        children=children,
    )


def render_query_plan(plan: Plan) -> str:
    """The tree as the ``sqlite3`` shell draws it."""
    return "\n".join(["QUERY PLAN", *_lines(plan.root.children, "")])


def _lines(nodes: Sequence[PlanNode], indent: str) -> list[str]:
    lines = []
    for position, node in enumerate(nodes, start=1):
        is_last = position == len(nodes)
        lines.append(f"{indent}{'`--' if is_last else '|--'}{node.raw['detail']}")
        lines += _lines(node.children, indent + ("   " if is_last else "|  "))
    return lines
