"""The kept plans as other versions of PostgreSQL would print them: the numbers stay the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orm_insight.explain.postgresql import parse_plan
from orm_insight.model.plan import Plan
from tests.explain.golden import files

Facts = dict[str, Any]
Change = Callable[[Facts], Facts]


def without(*patterns: str) -> Change:
    """No such keys yet."""
    unknown = re.compile("|".join(patterns))
    return lambda raw: {key: value for key, value in raw.items() if not unknown.fullmatch(key)}


def renamed(pattern: str, new: str) -> Change:
    """Another name of the same key."""
    return lambda raw: {re.sub(pattern, new, key): value for key, value in raw.items()}


def rewritten(pattern: str, new: str) -> Change:
    """Another spelling of what expressions refer to."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(item) for item in value]
        return re.sub(pattern, new, value) if isinstance(value, str) else value

    return lambda raw: {
        key: value if key == "Plans" else change(value) for key, value in raw.items()
    }


def whole_rows(raw: Facts) -> Facts:
    """Up to 17 rows of a loop are rounded to a whole number."""
    if "Actual Rows" in raw:
        return {**raw, "Actual Rows": round(raw["Actual Rows"])}
    return raw


def with_news(raw: Facts) -> Facts:
    """A plan with keys that a future version may add."""
    return {**raw, "A Future Number": 3, "A Future List": [{"a": 1}], "A Future Text": "(x)"}


SINCE_13 = ("WAL .*", "Planning", "Full-sort Groups", "Pre-sorted Groups", "HashAgg Batches")
SINCE_14 = ("Async Capable", "Query Identifier", "Cache .*")
SINCE_15 = ("Temp I/O .*", "Temp (?:Read|Written) Blocks Time")
SINCE_18 = ("Disabled", "Index Searches", "Storage", "Maximum Storage", "Window")
VERSIONS: dict[str, tuple[str, list[Change]]] = {
    "12": ("15", [without(*SINCE_13, *SINCE_14, *SINCE_15)]),
    "13": ("15", [without(*SINCE_14, *SINCE_15)]),
    "14": ("15", [without(*SINCE_15)]),
    "16": ("15", [with_news]),
    "17": ("18", [without(*SINCE_18), whole_rows]),
    "19": (
        "18",
        [
            rewritten(r"\b(InitPlan|SubPlan) (\d+)", r"\1 expr_\2"),
            renamed("^Cache Key$", "Cache Keys"),
            with_news,
        ],
    ),
    "17 of a plan of 15": ("15", [renamed("^I/O", "Shared I/O")]),
    "16 of a plan of 18": ("18", [renamed("^Shared I/O", "I/O"), without("Local I/O .*")]),
}


def changed(raw: Facts, change: Change) -> Facts:
    """The node and all below it."""
    new = change(raw)
    if "Plans" in new:
        new["Plans"] = [changed(child, change) for child in new["Plans"]]
    return new


def as_printed_by(version: str) -> Iterator[Any]:
    source, changes = VERSIONS[version]
    for path in files.plans():
        if path.parent.name == source:
            [document] = files.read(path)
            new = dict(document)
            for change in changes:
                new = change({**new, "Plan": changed(new["Plan"], change)})
            yield pytest.param(path, new, id=f"{version}-{path.stem}")


PLANS = [plan for version in VERSIONS for plan in as_printed_by(version)]


@pytest.mark.parametrize(("path", "document"), PLANS)
def test_every_version_gives_the_same_times(path: Path, document: Facts) -> None:
    known, plan = parse_plan(files.read(path)), parse_plan([document])
    assert times(plan) == pytest.approx(times(known), abs=1e-9)
    assert plan.execution_ms == known.execution_ms
    for node, other in zip(plan.nodes(), known.nodes(), strict=True):
        assert (node.node_type, node.executed, node.loops) == (
            other.node_type,
            other.executed,
            other.loops,
        )
        assert node.rows == pytest.approx(other.rows, abs=0.5 * (node.loops or 0))
        assert node.buffers == other.buffers


def times(plan: Plan) -> list[float]:
    return [ms for node in plan.nodes() for ms in (node.total_ms or -1, node.self_ms or -1)]


def io_times(plan: Plan) -> list[float | None]:
    return [ms for node in plan.nodes() for ms in (node.io_read_ms, node.io_write_ms)]


@pytest.mark.parametrize("version", ["17 of a plan of 15", "16 of a plan of 18"])
def test_io_times_under_their_old_and_new_names(version: str) -> None:
    spent = 0.0
    for plan in as_printed_by(version):
        path, document = plan.values
        found, known = io_times(parse_plan([document])), io_times(parse_plan(files.read(path)))
        assert found == pytest.approx(known, abs=1e-9)
        spent += sum(ms or 0.0 for ms in found)
    assert spent > 0


@pytest.mark.parametrize("version", ["16", "19"])
def test_what_nobody_knows_is_kept(version: str) -> None:
    for plan in as_printed_by(version):
        parsed = parse_plan([plan.values[1]])
        assert all(node.raw["A Future Number"] == 3 for node in parsed.nodes())
        assert parsed.raw["A Future Text"] == "(x)"
