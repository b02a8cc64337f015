"""Plans of MariaDB and MySQL as ``Plan``. No database here.

MariaDB answers with JSON. MySQL answers with a tree of text where it measures, with that or with
JSON where it does not. Whichever it is, the same steps have the same names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orm_insight.explain.base import Limits, NoPlan
from orm_insight.explain.mysql.steps import Step, number, to_node
from orm_insight.model.plan import Plan, PlanNode

# The JSON of MariaDB's ``ANALYZE`` and ``EXPLAIN``, and of MySQL's ``EXPLAIN``, as steps.
#
# Both nest query blocks. Times are totals of all loops already. A block's time holds everything
# below it; a table's is the time in the storage engine and the time spent on its rows afterwards,
# each without what other tables took.

# How a table is reached, in the words of MySQL's own tree.
ACCESS = {
    "ALL": "Table scan",
    "index": "Index scan",
    "range": "Index range scan",
    "index_merge": "Index merge",
    "ref": "Index lookup",
    "ref_or_null": "Index lookup",
    "eq_ref": "Single-row index lookup",
    "const": "Constant row",
    "system": "Constant row",
    "fulltext": "Full-text index search",
    "unique_subquery": "Index lookup",
    "index_subquery": "Index lookup",
}
# One row, read before the execution starts: not counted as a loop.
_READ_WHILE_PLANNING = frozenset({"const", "system"})
NAMES = {
    "query_block": "Query block",
    "nested_loop": "Nested loop join",
    "block-nl-join": "Block nested loop join",
    "filesort": "Sort",
    "ordering_operation": "Sort",
    "grouping_operation": "Group",
    "read_sorted_file": "Read sorted rows",
    "temporary_table": "Temporary table",
    "union_result": "Union",
    "except_result": "Except",
    "intersect_result": "Intersect",
    "unit_result": "Union",
    "recursive_union": "Recursive union",
    "materialized": "Materialize",
    "materialized_from_subquery": "Materialize",
    "materialization": "Materialize",
    "expression_cache": "Expression cache",
    "duplicates_removal": "Remove duplicates",
    "windowing": "Window functions",
    "window_functions_computation": "Window functions",
    "buffer_result": "Buffer result",
}
_STEPS = frozenset({"table", *NAMES}) - {"nested_loop"}


def read_block(document: Mapping[str, Any]) -> Step:
    """The step of ``{"query_block": ...}``."""
    return _step("query_block", document["query_block"])


def merge_repeated(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build objects in ``json.loads``: MariaDB before 10.9 repeats one key for each join."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    steps = [{key: value} for key, value in pairs if _is_step(key, value)]
    rest = {key: value for key, value in found.items() if not _is_step(key, value)}
    return {**rest, "nested_loop": steps}


def _step(kind: str, raw: Mapping[str, Any]) -> Step:
    step = _table(raw) if kind == "table" else _other(kind, raw)
    step.children = list(_children(raw))
    if kind in {"filesort", "temporary_table"}:
        _take_what_follows(step)
    if kind == "filesort" and "temporary_table" in raw:
        # The rows were collected before, so its time is that of the sorting alone.
        step.own_ms, step.total_ms = (step.own_ms or 0.0) + (step.total_ms or 0.0), None
    return step


def _children(raw: Mapping[str, Any]) -> Iterator[Step]:
    for key, value in raw.items():
        if _is_step(key, value):
            yield _step(key, value)
        elif _is_list_of_steps(value):
            yield from _listed(key, value)


def _is_step(key: str, value: Any) -> bool:
    """Also one of a kind that is not known here, if there are steps in it."""
    return isinstance(value, Mapping) and (key in _STEPS or _holds_steps(value))


def _is_list_of_steps(value: Any) -> bool:
    """The tables of a join, subqueries, parts of a union: a list is no step itself."""
    return isinstance(value, list) and any(map(_holds_steps, value))


def _holds_steps(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        isinstance(inner, Mapping | list) and key in _STEPS | {"nested_loop"}
        for key, inner in value.items()
    )


def _listed(key: str, items: Sequence[Any]) -> Iterator[Step]:
    children = [step for item in items if isinstance(item, Mapping) for step in _children(item)]
    if key == "nested_loop" and len(children) > 1:
        yield Step(NAMES[key], children=children)
    else:
        yield from children


def _table(raw: Mapping[str, Any]) -> Step:
    access = str(raw.get("access_type", ""))
    loops, rows, estimate = (number(raw.get(key)) for key in ("r_loops", "r_rows", "rows"))
    if estimate is None:
        estimate = number(raw.get("rows_examined_per_scan"))
    if loops == 0 and access in _READ_WHILE_PLANNING:
        loops = rows = 1.0
    return Step(
        node_type=ACCESS.get(access) or str(raw.get("message") or _verb(raw)),
        raw=_facts(raw),
        relation=_text(raw.get("table_name")),
        index=_text(raw.get("key")),
        loops=loops,
        rows=_share(rows, raw.get("r_filtered"), loops),
        plan_rows=_share(estimate, raw.get("filtered")),
        own_ms=_sum(raw, "r_table_time_ms", "r_other_time_ms", "r_total_time_ms"),
    )


def _verb(raw: Mapping[str, Any]) -> str:
    for verb in ("insert", "replace", "update", "delete"):
        if raw.get(verb):
            return f"{verb.title()} rows"
    return "Table"


def _other(kind: str, raw: Mapping[str, Any]) -> Step:
    loops, rows = number(raw.get("r_loops")), number(raw.get("r_rows"))
    if rows is None:
        rows = number(raw.get("r_output_rows"))
    own = _sum(raw, "r_unpack_time_ms", "r_other_time_ms")
    return Step(
        node_type=NAMES.get(kind, re.sub("[-_]", " ", kind).capitalize()),
        raw=_facts(raw),
        relation=None,
        loops=None if raw.get("access_type") and loops == 0 else loops,
        rows=rows * (loops or 1.0) if rows is not None else None,
        total_ms=number(raw.get("r_total_time_ms")),
        own_ms=own,
    )


def _take_what_follows(step: Step) -> None:
    """Move the time after the last table to the step: it sorts or stores the rows.

    The time stays where the table also filters: the database does not tell the two apart.
    """
    last = step
    while last.children and not last.relation:
        last = last.children[-1]
        if last.node_type in {NAMES["query_block"], NAMES["temporary_table"]}:
            return
    after = number(last.raw.get("r_other_time_ms"))
    if after is None or last.own_ms is None or not last.relation:
        return
    if "attached_condition" not in last.raw:
        last.own_ms = max(0.0, last.own_ms - after)
        step.own_ms = (step.own_ms or 0.0) + after


def _facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Every key but those that have become steps."""
    return {
        key: value
        for key, value in raw.items()
        if not _is_step(key, value) and not _is_list_of_steps(value)
    }


def _share(rows: float | None, percent: Any, loops: float | None = 1.0) -> float | None:
    """Rows that are left after the conditions on the table, of all loops."""
    if rows is None or loops is None:
        return 0.0 if loops == 0 else None
    left = number(percent)
    return rows * loops * (100.0 if left is None else left) / 100.0


def _sum(raw: Mapping[str, Any], *keys: str) -> float | None:
    found = [value for key in keys if (value := number(raw.get(key))) is not None]
    return sum(found) if found else None


def _text(value: Any) -> str | None:
    return str(value) if value else None


# MySQL's own tree as steps: the text of ``EXPLAIN ANALYZE`` and its JSON of version 2.
#
# Both print one line, or one object, for each iterator of the executor. Times and rows are averages
# of one loop, and a time holds everything below it, but for subqueries of the SELECT list: these
# stand next to the tree of their query.

_INDENT = 4
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?"
_LINE = re.compile(r"^(?P<indent> *)-> (?P<label>.*)$", re.MULTILINE)
_COST = re.compile(rf"\(cost=(?:{_NUMBER}\.\.)?(?P<cost>{_NUMBER}) rows=(?P<rows>{_NUMBER})\)")
_ACTUAL = re.compile(
    rf"\(actual(?: time=(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER}))? "
    rf"rows=(?P<rows>{_NUMBER}) loops=(?P<loops>{_NUMBER})\)"
)
_NEVER = "(never executed)"
# As in: Index lookup on b using author_id (author_id=a.id), with index condition: (b.pages > 3)
_ACCESS = re.compile(
    r"(?P<kind>[A-Z][\w -]*?(?:scan|lookup|search|Constant row)(?: \(reverse\))?|"
    r"Constant row|Insert into|Update|Delete from|Replace into) (?:on |from )?"
    r"(?P<relation><\w+>|[^\s(,]+)"
    r"(?: using (?P<index>[^\s,(]+))?(?P<rest>.*)",
    re.DOTALL,
)
_TITLE = re.compile(r"(?P<kind>[^:(]+?)(?::| \(|$)", re.DOTALL)
_SUBQUERY = re.compile(r"Select #\d+.*", re.DOTALL)


def is_tree(payload: Any) -> bool:
    """Return whether ``read_tree`` reads it."""
    if isinstance(payload, str):
        return payload.lstrip().startswith("-> ")
    return isinstance(payload, Mapping) and bool({"query_plan", "operation"} & payload.keys())


def read_tree(payload: Any) -> Step:
    """The root; where subqueries stand next to it, one above them all."""
    steps = _read_text(payload) if isinstance(payload, str) else _read_json(payload)
    return steps[0] if len(steps) == 1 else Step("Query", children=steps)


def _read_text(text: str) -> list[Step]:
    roots: list[Step] = []
    above: list[tuple[int, Step]] = []
    for depth, label in _labels(text):
        step = _of_label(label)
        while above and above[-1][0] >= depth:
            above.pop()
        (above[-1][1].children if above else roots).append(step)
        above.append((depth, step))
    return roots


def _labels(text: str) -> Iterator[tuple[int, str]]:
    """Depth and label; a label goes on where a value holds line breaks."""
    found = list(_LINE.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        yield len(match["indent"]) // _INDENT, text[match.start("label") : end].strip()


def _of_label(text: str) -> Step:
    cost, actual = _last(_COST, text), _last(_ACTUAL, text)
    ends = [match.start() for match in (cost, actual) if match]
    label = text[: min(ends)] if ends else text.removesuffix(_NEVER)
    step = _named(label.strip())
    facts = {"operation": label.strip()}
    if cost:
        step.plan_rows = float(cost["rows"])
        facts |= {"estimated_total_cost": cost["cost"]}
    if actual:
        loops, last = float(actual["loops"]), actual["last"]
        step.loops, step.rows = loops, float(actual["rows"]) * loops
        step.total_ms = float(last) * loops if last else None
        facts |= {"actual": actual.group().strip(" ()")}
    elif text.endswith(_NEVER):
        step.loops = step.rows = 0.0
    step.raw = facts
    return step


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match at the end, which is MySQL's; a value before it may look the same."""
    return next(reversed(list(pattern.finditer(text))), None)


def _named(label: str) -> Step:
    """``Index lookup`` on its table over its index, ``Sort`` without its columns."""
    if _SUBQUERY.fullmatch(label):
        return Step(label)
    if access := _ACCESS.match(label):
        name = access["relation"].strip("`")
        return Step(access["kind"], relation=name, index=access["index"])
    title = _TITLE.match(label)
    return Step(title["kind"].strip() if title else label)


def _read_json(payload: Mapping[str, Any]) -> list[Step]:
    plan = payload.get("query_plan", payload)
    if not isinstance(plan, Mapping):
        raise NoPlan("MySQL has no plan for this statement.")
    root = _of_object(plan)
    beside = [child for child in root.children if _SUBQUERY.fullmatch(child.node_type)]
    if not beside:
        return [root]
    inner = [child for child in root.children if child not in beside]
    return [replace(root, children=inner), *beside]


def _of_object(raw: Mapping[str, Any]) -> Step:
    step = _named(str(raw.get("operation", "Step")))
    if heading := raw.get("heading"):
        return Step(str(heading), children=[_of_object({**raw, "heading": None})])
    children = [child for key, value in raw.items() if _is_input(key, value) for child in value]
    step.children = [_of_object(child) for child in children if isinstance(child, Mapping)]
    step.relation = str(raw.get("table_name") or step.relation or "") or None
    step.index = str(raw.get("index_name") or step.index or "") or None
    step.plan_rows = number(raw.get("estimated_rows"))
    if "actual_loops" in raw:
        loops, last = number(raw["actual_loops"]) or 0.0, number(raw.get("actual_last_row_ms"))
        step.loops, step.rows = loops, (number(raw.get("actual_rows")) or 0.0) * loops
        step.total_ms = last * loops if last is not None else None
    step.raw = {key: value for key, value in raw.items() if not _is_input(key, value)}
    return step


def _is_input(key: str, value: Any) -> bool:
    return key.startswith("inputs") and isinstance(value, Sequence) and not isinstance(value, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The commands of one of the two servers. ``read_only`` is its variable for that state."""

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
    return "\n".join(_text_lines(plan.root, 0))


def _text_lines(node: PlanNode, depth: int) -> Iterator[str]:
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
        yield from _text_lines(child, depth + 1)


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
        raise NoPlan(f"This is not an execution plan: {error}") from error


def _keys(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            yield from item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
