"""The JSON of MariaDB's ``ANALYZE`` and ``EXPLAIN``, and of MySQL's ``EXPLAIN``, as steps.

Both nest query blocks. Times are totals of all loops already. A block's time holds everything
below it; a table's is the time in the storage engine and the time spent on its rows afterwards,
each without what other tables took.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orm_insight.explain.mysql.steps import Step, number

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
    """For ``json.loads``: MariaDB before 10.9 writes a join as one key again and again."""
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
    """What happens to the rows of the last table is that they are sorted or stored.

    Unless they are filtered there, too: the database does not tell these apart.
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
