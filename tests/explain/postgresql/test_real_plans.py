"""Plans of a real server: the invariant holds, and the text is the server's own, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from orm_insight.explain.postgresql import explain_prefix, parse_plan
from orm_insight.explain.text import render

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

SETUP = """
CREATE TEMPORARY TABLE small AS SELECT i AS id, i % 7 AS k FROM generate_series(1, 500) AS i;
CREATE INDEX small_k ON small (k);
CREATE UNLOGGED TABLE oi_big AS
  SELECT i AS id, i % 10 AS k, repeat('x', 20) AS t FROM generate_series(1, 30000) AS i;
CREATE INDEX oi_big_id ON oi_big (id);
CREATE INDEX oi_big_k ON oi_big (k);
CREATE TABLE oi_parts (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE oi_parts_1 PARTITION OF oi_parts FOR VALUES FROM (0) TO (500);
CREATE TABLE oi_parts_2 PARTITION OF oi_parts FOR VALUES FROM (500) TO (1000);
INSERT INTO oi_parts SELECT i, i % 3 FROM generate_series(0, 999) AS i;
ANALYZE small; ANALYZE oi_big; ANALYZE oi_parts;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2; SET jit = off;
"""
QUERIES = [
    "SELECT * FROM oi_big WHERE k = 3",
    "SELECT k, count(*) FROM oi_big GROUP BY k ORDER BY k",
    "SELECT * FROM oi_big ORDER BY t, id",
    "SELECT id FROM oi_big ORDER BY id DESC LIMIT 5",
    "SELECT count(*) FROM oi_big WHERE id < (SELECT avg(id) FROM oi_big)",
    "SELECT (SELECT max(id) FROM oi_big), id FROM oi_big ORDER BY id LIMIT 5",
    "SELECT s.id, (SELECT count(*) FROM oi_big b WHERE b.id = s.id) FROM small s",
    "SELECT * FROM small s WHERE EXISTS (SELECT 1 FROM oi_big b WHERE b.id = s.id)",
    "SELECT * FROM small s LEFT JOIN oi_big b ON b.id = s.k",
    "SELECT * FROM small WHERE k IN (SELECT k FROM oi_big WHERE id < 9)",
    "SELECT * FROM small WHERE k NOT IN (SELECT k FROM oi_big WHERE id < 9)",
    "WITH x AS MATERIALIZED (SELECT k, count(*) c FROM oi_big GROUP BY k) "
    "SELECT (SELECT max(c) FROM x), a.* FROM x a JOIN x b USING (k)",
    "WITH x AS MATERIALIZED (SELECT * FROM small), y AS MATERIALIZED (SELECT k FROM x) "
    "SELECT * FROM y JOIN x USING (k) LIMIT 20",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) TABLE n",
    "SELECT sum(id) OVER (PARTITION BY k ORDER BY id) FROM small",
    "SELECT k FROM small EXCEPT SELECT k FROM oi_big",
    "SELECT k FROM small UNION SELECT k FROM oi_big",
    "SELECT * FROM oi_big WHERE k = 3 AND id IN (3, 13, 23) OR id = 77",
    "SELECT * FROM oi_parts WHERE id < 700 AND k = 1",
    "SELECT k, id, count(*) FROM small GROUP BY GROUPING SETS ((k), (id), ())",
    "SELECT * FROM small, LATERAL (SELECT * FROM oi_big b WHERE b.id = small.k LIMIT 1) AS l",
    "SELECT * FROM (VALUES (1), (2)) AS v (a), generate_series(1, 3) AS g",
    "SELECT * FROM small TABLESAMPLE SYSTEM (50) WHERE false OR k = 1",
    "SELECT 1 WHERE false",
]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    with django_db_blocker.unblock():
        parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**parameters, autocommit=True) as server:
        server.execute(SETUP)
        yield server
        server.execute("DROP TABLE oi_big, oi_parts")


@pytest.mark.parametrize("sql", QUERIES)
def test_self_times_add_up(server: psycopg.Connection[Any], sql: str) -> None:
    [payload] = server.execute(explain_prefix(analyze=True) + sql).fetchone()
    plan = parse_plan(payload)
    selfs = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert min(selfs) >= 0
    assert sum(selfs) == pytest.approx(plan.root.total_ms, rel=0.01, abs=0.002)
    assert plan.execution_ms is not None and plan.execution_ms >= plan.root.total_ms


@pytest.mark.parametrize("sql", QUERIES)
def test_the_text_is_the_servers_own(server: psycopg.Connection[Any], sql: str) -> None:
    [payload] = server.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}").fetchone()
    expected = [line for [line] in server.execute(f"EXPLAIN (VERBOSE) {sql}")]
    ours = render(payload).splitlines()
    assert node_lines(ours) == node_lines(expected)
    assert {line.strip() for line in expected if "Filter:" in line} <= {
        line.strip() for line in ours
    }


def node_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if "(cost=" in line or line.lstrip().startswith("->")]
