"""The same plans with more or less in them than usual."""

from __future__ import annotations

from tests.explain.golden.case import SERIAL, Case

OPTIONS = (
    Case(
        name="without_verbose",
        sql="SELECT (SELECT max(points) FROM comment WHERE text > 'f'), count(*) FROM post",
        wanted=("InitPlan",),
        options="ANALYZE, BUFFERS",
    ),
    Case(
        name="without_timing",
        sql="SELECT count(*) FROM post WHERE state = 3",
        wanted=("Actual Rows",),
        options="ANALYZE, TIMING OFF",
    ),
    Case(
        name="without_costs",
        sql="SELECT count(*) FROM post WHERE state = 3",
        wanted=("Actual Total Time",),
        options="ANALYZE, COSTS OFF, BUFFERS",
    ),
    Case(
        name="not_executed",
        sql="SELECT count(*) FROM post WHERE state = 3",
        wanted=("Total Cost",),
        options="VERBOSE",
    ),
    Case(
        name="serialization",
        sql="SELECT * FROM comment WHERE id < 50000",
        wanted=("Serialization",),
        options="ANALYZE, VERBOSE, BUFFERS, SERIALIZE TEXT, MEMORY",
        servers=("18",),
    ),
    Case(
        name="jit",
        sql="SELECT sum(points * 2 + 1) FROM comment WHERE points > 3",
        settings={**SERIAL, "jit": "on", "jit_above_cost": "0", "jit_optimize_above_cost": "0"},
        wanted=("JIT",),
        findings=("jit",),
        servers=("15",),
    ),
)
