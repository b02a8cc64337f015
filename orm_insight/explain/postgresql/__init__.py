"""PostgreSQL's JSON plans (14 to 19, also from ``auto_explain``) as ``Plan``. No database here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from orm_insight.explain.base import NoPlan
from orm_insight.explain.postgresql.findings import find
from orm_insight.explain.postgresql.times import Step, build, measure_counter, measure_times, number
from orm_insight.explain.raw_values import readable, records, text_of
from orm_insight.model.plan import Buffers, Plan, PlanNode

# Up to 16 one key for shared and local blocks; since 15 one more for temporary files.
_IO_KEYS = {
    "io_read_ms": [f"{place}I/O Read Time" for place in ("", "Shared ", "Local ", "Temp ")],
    "io_write_ms": [f"{place}I/O Write Time" for place in ("", "Shared ", "Local ", "Temp ")],
}
_COUNTERS: Mapping[str, Sequence[str]] = {
    **{field.name: [f"{field.name.replace('_', ' ').title()} Blocks"] for field in fields(Buffers)},
    **_IO_KEYS,
}


# psycopg finds its placeholders like this, inside of strings, too.
_PLACEHOLDER = re.compile(r"%(?:%|[sbt]|\((?P<name>[^)]+)\)[sbt])")


def numbered(sql: str) -> tuple[str, int]:
    """With ``$1`` for ``%s``, as a prepared statement has it, and how many there are."""
    numbers: dict[str, int] = {}

    def number_of(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return f"${numbers.setdefault(found['name'] or str(found.start()), len(numbers) + 1)}"

    return _PLACEHOLDER.sub(number_of, sql), len(numbers)


def explain_prefix(*, analyze: bool) -> str:
    """The words before the statement.

    VERBOSE tells where a subquery's result is used, without which its time cannot be placed.
    Every option exists since PostgreSQL 13.
    """
    options = ["FORMAT JSON", "VERBOSE", "BUFFERS", "SETTINGS"]
    return f"EXPLAIN ({', '.join(['ANALYZE', *options] if analyze else options)}) "


def parse_plan(payload: Any) -> Plan:
    """The plan in what ``EXPLAIN (FORMAT JSON)`` returned, as text or decoded.

    Of several plans, which a rewrite rule makes of one statement, the first that is one. Raises
    ``NoPlan``, a ``ValueError``, where there is none. The findings are those that the plan alone
    gives away.
    """
    try:
        return _read(readable(_find_document(_decode(payload))))
    except RecursionError as error:
        raise NoPlan("This plan is nested too deeply to be read.") from error


def _read(document: Mapping[str, Any]) -> Plan:
    plan = Plan(
        root=_read_tree(document["Plan"]),
        planning_ms=number(document, "Planning Time"),
        execution_ms=number(document, "Execution Time"),
        serialization_ms=_time_in(document.get("Serialization")),
        jit_ms=_jit_time(document.get("JIT")),
        triggers=tuple(records(document, "Triggers")),
        raw={key: value for key, value in document.items() if key not in {"Plan", "Triggers"}},
    )
    return replace(plan, findings=find(plan))


def _decode(payload: Any) -> Any:
    if not isinstance(payload, str | bytes | bytearray):
        return payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NoPlan(f"This is not the JSON of an execution plan: {error}") from error


def _find_document(payload: Any) -> Mapping[str, Any]:
    for document in payload if isinstance(payload, list) else [payload]:
        if isinstance(document, Mapping) and isinstance(document.get("Plan"), Mapping):
            return document
    raise NoPlan("PostgreSQL has no plan for this statement.")


def _time_in(serialization: Any) -> float | None:
    return number(serialization, "Time") if isinstance(serialization, Mapping) else None


def _jit_time(jit: Any) -> float | None:
    """Since 17 the total holds a part of the generation of its own; it is in it already."""
    timing = jit.get("Timing") if isinstance(jit, Mapping) else None
    return number(timing, "Total") if isinstance(timing, Mapping) else None


class _Measured(NamedTuple):
    """Times and counters of every step, in pre-order."""

    totals: list[float | None]
    own: list[float]


def _read_tree(raw: Mapping[str, Any]) -> PlanNode:
    root = build(raw)
    steps = list(root.walk())
    measure_times(root)
    times = _Measured([step.total for step in steps], [step.own for step in steps])
    counters = {
        name: _count(root, steps, keys)
        for name, keys in _COUNTERS.items()
        if any(key in step.raw for step in steps for key in keys)
    }
    return _node(root, times, counters, iter(range(len(steps))))


def _count(root: Step, steps: Sequence[Step], keys: Sequence[str]) -> list[float | None]:
    measure_counter(root, keys)
    return [None if step.total is None else step.own for step in steps]


def _node(
    step: Step,
    times: _Measured,
    counters: Mapping[str, list[float | None]],
    positions: Iterator[int],
) -> PlanNode:
    raw, rows, position = step.raw, number(step.raw, "Actual Rows"), next(positions)
    total_ms = times.totals[position]
    counted = {name: found[position] for name, found in counters.items()}
    return PlanNode(
        node_type=step.node_type,
        relation=text_of(raw, "Relation Name") or None,
        schema=text_of(raw, "Schema") or None,
        alias=text_of(raw, "Alias") or None,
        index=text_of(raw, "Index Name") or None,
        loops=step.loops,
        rows=rows * step.loops if rows is not None and step.loops is not None else None,
        plan_rows=number(raw, "Plan Rows"),
        total_ms=total_ms,
        self_ms=times.own[position] if total_ms is not None else None,
        buffers=_buffers(counted),
        io_read_ms=counted.get("io_read_ms"),
        io_write_ms=counted.get("io_write_ms"),
        executed=step.loops != 0,
        workers=tuple(records(raw, "Workers")),
        children=tuple(_node(child, times, counters, positions) for child in step.children),
        raw={key: value for key, value in raw.items() if key != "Plans"},
    )


def _buffers(counted: Mapping[str, float | None]) -> Buffers | None:
    blocks = {
        name: round(value)
        for name, value in counted.items()
        if value is not None and name not in _IO_KEYS
    }
    return Buffers(**blocks) if blocks else None
