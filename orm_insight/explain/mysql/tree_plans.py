"""MySQL's own tree as steps: the text of ``EXPLAIN ANALYZE`` and its JSON of version 2.

Both print one line, or one object, for each iterator of the executor. Times and rows are averages
of one loop, and a time holds everything below it, but for subqueries of the SELECT list: these
stand beside the tree of their query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orm_insight.explain.base import NoPlan
from orm_insight.explain.mysql.steps import Step, number

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
    """Whether it is a text or an object that ``read_tree`` reads."""
    if isinstance(payload, str):
        return payload.lstrip().startswith("-> ")
    return isinstance(payload, Mapping) and bool({"query_plan", "operation"} & payload.keys())


def read_tree(payload: Any) -> Step:
    """The root; where subqueries stand beside it, one above them all."""
    steps = _read_text(payload) if isinstance(payload, str) else _read_json(payload)
    return steps[0] if len(steps) == 1 else Step("Query", children=steps)


def _read_text(text: str) -> list[Step]:
    roots: list[Step] = []
    above: list[tuple[int, Step]] = []
    for depth, label in _lines(text):
        step = _of_label(label)
        while above and above[-1][0] >= depth:
            above.pop()
        (above[-1][1].children if above else roots).append(step)
        above.append((depth, step))
    return roots


def _lines(text: str) -> Iterator[tuple[int, str]]:
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
    """What stands at the end is MySQL's; a value before it may look the same."""
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
