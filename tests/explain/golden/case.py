"""The statements whose plans are kept, each with the settings that make the planner choose it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYTHING = "ANALYZE, VERBOSE, BUFFERS, SETTINGS"
PARALLEL = {
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "min_parallel_index_scan_size": "0",
    "max_parallel_workers_per_gather": "2",
}
SERIAL = {"max_parallel_workers_per_gather": "0"}


def off(*names: str) -> dict[str, str]:
    """Kinds of steps that the planner shall avoid."""
    return {**SERIAL, **{f"enable_{name}": "off" for name in names}}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``wanted`` are words that the plan's JSON must hold for the case to be what it is named.

    ``findings`` are codes that must be among those of the plan. ``servers`` are the major
    versions on which the case exists.
    """

    name: str
    sql: str
    wanted: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=lambda: SERIAL)
    options: str = EVERYTHING
    findings: tuple[str, ...] = ()
    servers: tuple[str, ...] = ("15", "18")

    @property
    def is_measured(self) -> bool:
        return "ANALYZE" in self.options and "TIMING OFF" not in self.options
