"""A PostgreSQL plan in the layout that people know from ``psql``.

Rendered from the JSON, because asking for the text format too would run the statement twice.
Every key of a node is shown; zeros that PostgreSQL's own text leaves out are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_IN_HEADLINE = re.compile(
    "Node Type|Parent Relationship|Subplan Name|Parallel Aware|Partial Mode|Strategy|Join Type"
    "|Operation|Command|Scan Direction|Index Name|Schema|Relation Name|Alias|CTE Name"
    "|Function Name|Startup Cost|Total Cost|Plan Rows|Plan Width|Actual Startup Time"
    "|Actual Total Time|Actual Rows|Actual Loops|Plans"
)
_BLOCKS = re.compile(r"(Shared|Local|Temp) (Hit|Read|Dirtied|Written) Blocks")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_STRATEGIES = {"Sorted": "GroupAggregate", "Hashed": "HashAggregate", "Mixed": "MixedAggregate"}


def render(documents: Sequence[Mapping[str, Any]]) -> str:
    """The text of all plans in a decoded payload."""
    return "\n\n".join("\n".join(_document(document)) for document in documents)


def _document(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _node(document["Plan"], indent=0)
    for key, value in document.items():
        if key == "Settings":
            yield "Settings: " + ", ".join(f"{name} = '{text}'" for name, text in value.items())
        elif key == "Planning":
            lines = list(_details(value))
            yield from ["Planning:", *(f"  {line}" for line in lines)] if lines else []
        elif key in {"Planning Time", "Execution Time"}:
            yield f"{key}: {value:.3f} ms"
        elif key != "Plan" and value != []:
            yield f"{key}: {_value(value)}"


def _node(raw: Mapping[str, Any], *, indent: int) -> Iterator[str]:
    if name := raw.get("Subplan Name"):
        yield "  " * indent + str(name)
        indent += 1
    headline = " ".join([_title(raw), *_numbers(raw)])
    yield f"{'  ' * indent}->  {headline}" if indent else headline
    indent += 3 if indent else 1
    for line in _details(raw):
        yield "  " * indent + line
    for child in raw.get("Plans") or ():
        yield from _node(child, indent=indent)


def _title(raw: Mapping[str, Any]) -> str:
    words = [
        raw.get("Partial Mode") if raw.get("Partial Mode") != "Simple" else None,
        "Async" if raw.get("Async Capable") else None,
        "Parallel" if raw.get("Parallel Aware") else None,
        _kind(raw),
        "Backward" if raw.get("Scan Direction") == "Backward" else None,
    ]
    if index := raw.get("Index Name"):
        words.append(("on " if raw.get("Node Type") == "Bitmap Index Scan" else "using ") + index)
    if target := _target(raw):
        words.append(f"on {target}")
    return " ".join(word for word in words if word)


def _kind(raw: Mapping[str, Any]) -> str:
    kind, join = str(raw.get("Node Type")), raw.get("Join Type", "Inner")
    if kind == "Aggregate":
        return _STRATEGIES.get(str(raw.get("Strategy")), kind)
    if kind == "SetOp":
        hashed = "Hash" if raw.get("Strategy") == "Hashed" else ""
        return f"{hashed}{kind} {raw.get('Command', '')}".rstrip()
    if kind == "ModifyTable" or (raw.get("Operation") and kind == "Foreign Scan"):
        return str(raw.get("Operation", kind))
    if join != "Inner":
        return (
            f"{kind} {join} Join" if kind == "Nested Loop" else kind.replace("Join", f"{join} Join")
        )
    return kind


def _target(raw: Mapping[str, Any]) -> str:
    name = raw.get("Relation Name") or raw.get("Function Name") or raw.get("CTE Name")
    schema, alias = raw.get("Schema"), raw.get("Alias")
    if not name:
        return _quote(alias) if alias else ""
    full = f"{_quote(schema)}.{_quote(name)}" if schema else _quote(name)
    return f"{full} {_quote(alias)}" if alias and alias != name else full


def _quote(name: Any) -> str:
    return str(name) if _PLAIN_NAME.fullmatch(str(name)) else f'"{name}"'


def _numbers(raw: Mapping[str, Any]) -> Iterator[str]:
    if "Total Cost" in raw:
        cost = f"{raw.get('Startup Cost', 0):.2f}..{raw['Total Cost']:.2f}"
        yield f" (cost={cost} rows={raw.get('Plan Rows')} width={raw.get('Plan Width')})"
    if raw.get("Actual Loops") == 0:
        yield "(never executed)"
    elif "Actual Loops" in raw:
        yield f"(actual {_time(raw)}rows={raw.get('Actual Rows')} loops={raw['Actual Loops']})"


def _time(raw: Mapping[str, Any]) -> str:
    if "Actual Total Time" not in raw:
        return ""
    return f"time={raw.get('Actual Startup Time', 0):.3f}..{raw['Actual Total Time']:.3f} "


def _details(raw: Mapping[str, Any]) -> Iterator[str]:
    """Everything that the first line does not say; buffers folded into one line."""
    for key, value in raw.items():
        is_silent = value is False or key == "Workers" or (value == 0 and _is_counter(key))
        if not (_IN_HEADLINE.fullmatch(key) or _BLOCKS.fullmatch(key) or is_silent):
            yield f"{key}: {_value(value)}"
    if buffers := _buffers(raw):
        yield f"Buffers: {buffers}"
    for worker in raw.get("Workers") or ():
        yield f"Worker {worker.get('Worker Number')}: {' '.join(_numbers(worker)).strip('() ')}"
        facts = {key: value for key, value in worker.items() if key != "Worker Number"}
        yield from (f"  {line}" for line in _details(facts))


def _is_counter(key: str) -> bool:
    return key.endswith(("Time", "Blocks")) or key.startswith(("Rows Removed", "WAL "))


def _buffers(raw: Mapping[str, Any]) -> str:
    parts = []
    for place in ("Shared", "Local", "Temp"):
        counts = [
            f"{what.lower()}={raw[key]}"
            for what in ("Hit", "Read", "Dirtied", "Written")
            if raw.get(key := f"{place} {what} Blocks")
        ]
        if counts:
            parts.append(f"{place.lower()} {' '.join(counts)}")
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(str(item) for item in value)
    return json.dumps(value)
