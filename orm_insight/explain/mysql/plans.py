"""Plans of MariaDB and MySQL as ``Plan``. No database here.

MariaDB answers with JSON. MySQL answers with a tree of text where it measures, with that or with
JSON where it does not. Whichever it is, the same steps have the same names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orm_insight.explain.base import Limits, NoPlan
from orm_insight.explain.mysql.json_plans import merge_repeated, read_block
from orm_insight.explain.mysql.steps import number, to_node
from orm_insight.explain.mysql.tree_plans import is_tree, read_tree
from orm_insight.model.plan import Plan, PlanNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one of the two servers is told. ``read_only`` is the variable that says so."""

    server: str
    analyze: str
    explain: str
    read_only: str
    time_limit: str

    def limit(self, limits: Limits) -> str:
        """Times for the statement, in the server's unit, and for locks, in whole seconds."""
        statement = limits.statement_ms
        time = f"{statement / 1000:f}" if self is MARIADB else str(statement)
        lock = math.ceil(limits.lock_ms / 1000)
        return (
            f"SET SESSION {self.time_limit} = {time}, lock_wait_timeout = {lock}, "
            f"innodb_lock_wait_timeout = {lock}"
        )


MARIADB = Dialect(
    server="MariaDB",
    analyze="ANALYZE FORMAT=JSON ",
    explain="EXPLAIN FORMAT=JSON ",
    read_only="tx_read_only",
    time_limit="max_statement_time",
)
MYSQL = Dialect(
    server="MySQL",
    analyze="EXPLAIN ANALYZE ",
    explain="EXPLAIN FORMAT=JSON ",
    read_only="transaction_read_only",
    time_limit="max_execution_time",
)
_NO_TREE = "<not executable by iterator executor>"


def parse_plan(payload: Any, *, tables: Mapping[str, str] | None = None) -> Plan:
    """The plan in what the database returned, as text or decoded.

    ``tables`` are the tables by the aliases of the statement: both databases print aliases alone.
    Raises ``NoPlan``, a ``ValueError``, where there is none.
    """
    payload = decode(payload)
    if is_tree(payload):
        root, facts = read_tree(payload), {}
        is_measured = any(step.loops is not None for step in root.walk())
    elif isinstance(payload, Mapping) and isinstance(payload.get("query_block"), Mapping):
        root = read_block(payload)
        facts = {key: value for key, value in payload.items() if key != "query_block"}
        is_measured = any(key.startswith("r_") for key in _keys(payload))
    else:
        raise NoPlan("The database has no plan for this statement.")
    node = to_node(root, tables or {}, is_measured=is_measured)
    optimization = facts.get("query_optimization")
    planning = optimization if isinstance(optimization, Mapping) else {}
    return Plan(
        root=node,
        planning_ms=number(planning.get("r_total_time_ms")),
        execution_ms=node.total_ms,
        raw=facts,
    )


def render(plan: Plan) -> str:
    """The plan as MySQL writes its tree."""
    return "\n".join(_lines(plan.root, 0))


def _lines(node: PlanNode, depth: int) -> Iterator[str]:
    words = [node.node_type]
    if node.relation:
        words.append(f"on {node.relation}{f' {node.alias}' if node.alias else ''}")
    if node.index:
        words.append(f"using {node.index}")
    for key in ("index_condition", "attached_condition", "sort_key"):
        if condition := node.raw.get(key):
            words.append(f"({condition})")
    if node.plan_rows is not None:
        words.append(f" (rows={node.plan_rows:.0f})")
    if node.loops is not None:
        words.append(_measured(node))
    yield f"{' ' * 4 * depth}-> {' '.join(words)}"
    for child in node.children:
        yield from _lines(child, depth + 1)


def _measured(node: PlanNode) -> str:
    if not node.executed:
        return " (never executed)"
    rows = "" if node.rows is None else f" rows={node.rows:.0f}"
    return f" (actual time={node.total_ms or 0.0:.3f}{rows} loops={node.loops:.0f}, in all loops)"


def decode(payload: Any) -> Any:
    """JSON as Python has it, a tree as the text it is."""
    if isinstance(payload, bytes | bytearray):
        payload = payload.decode("utf-8", "replace")
    if not isinstance(payload, str) or payload.lstrip().startswith("-> "):
        return payload
    if payload.strip() == _NO_TREE:
        raise NoPlan("MySQL shows no tree for this statement.")
    try:
        return json.loads(payload, object_pairs_hook=merge_repeated)
    except (ValueError, RecursionError) as error:
        raise NoPlan(f"This is no execution plan: {error}") from error


def _keys(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            yield from item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
