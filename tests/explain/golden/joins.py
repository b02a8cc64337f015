"""Joins, sorts, groups, windows, sets, limits."""

from __future__ import annotations

from tests.explain.golden.case import SERIAL, Case, off

JOINS = (
    Case(
        name="memoize",
        sql="SELECT count(a.name) FROM comment c JOIN author a ON a.id = c.points + 1",
        settings=off("hashjoin", "mergejoin", "seqscan"),
        wanted=("Memoize",),
    ),
    Case(
        name="nested_loop",
        sql="SELECT sum(c.points) FROM post p JOIN comment c ON c.post_id = p.id "
        "WHERE p.state < 25",
        settings=off("hashjoin", "mergejoin", "memoize"),
        wanted=("Nested Loop",),
        findings=("nested-loop",),
    ),
    Case(
        name="merge_join",
        sql="SELECT count(*) FROM comment c JOIN post p ON p.id = c.post_id",
        settings=off("hashjoin", "nestloop"),
        wanted=("Merge Join",),
    ),
    Case(
        name="materialize",
        sql="SELECT count(*) FROM author a JOIN author b ON b.id < a.id",
        settings=off("indexscan", "indexonlyscan", "bitmapscan"),
        wanted=("Materialize",),
    ),
    Case(
        name="incremental_sort",
        sql="SELECT * FROM comment ORDER BY points, text",
        settings={**SERIAL, "enable_seqscan": "off", "enable_sort": "off"},
        wanted=("Incremental Sort",),
    ),
    Case(
        name="sort_on_disk",
        sql="SELECT * FROM comment ORDER BY text",
        settings={**SERIAL, "work_mem": "64kB"},
        wanted=("external merge",),
        findings=("spill",),
    ),
    Case(
        name="hash_on_disk",
        sql="SELECT count(c.text) FROM comment c JOIN post p ON p.id = c.post_id",
        settings={**off("mergejoin", "nestloop"), "work_mem": "64kB"},
        wanted=("Hash Batches",),
        findings=("spill",),
    ),
    Case(
        name="hash_aggregate_on_disk",
        sql="SELECT text, count(*) FROM comment GROUP BY text",
        settings={**off("sort"), "work_mem": "64kB"},
        wanted=("HashAgg Batches", "Disk Usage"),
        findings=("spill",),
    ),
    Case(
        name="window",
        sql="SELECT id, sum(points) OVER (PARTITION BY post_id ORDER BY id) FROM comment "
        "WHERE id < 20000",
        wanted=("WindowAgg",),
    ),
    Case(
        name="window_that_stops",
        sql="SELECT * FROM (SELECT id, row_number() OVER (ORDER BY points) AS n FROM comment) AS x "
        "WHERE n <= 3",
        wanted=("Run Condition",),
    ),
    Case(
        name="limit",
        sql="SELECT * FROM comment WHERE text > 'a' ORDER BY id LIMIT 20",
        wanted=("Limit",),
    ),
    Case(
        name="offset",
        sql="SELECT * FROM comment ORDER BY id OFFSET 90000 LIMIT 10",
        wanted=("Limit",),
        settings=off("seqscan", "bitmapscan"),
    ),
    Case(
        name="unions",
        sql="SELECT day FROM post UNION SELECT points FROM comment EXCEPT SELECT id FROM author",
        wanted=("SetOp", "Append"),
    ),
    Case(
        name="grouping_sets",
        sql="SELECT state, day % 7, count(*) FROM post GROUP BY GROUPING SETS "
        "((state), (day % 7), ())",
        wanted=("Grouping Sets",),
    ),
    Case(
        name="functions_and_values",
        sql="SELECT v.a, g FROM (VALUES (1), (2), (3)) AS v (a), LATERAL "
        "generate_series(1, v.a * 1000) AS g",
        wanted=("Values Scan", "Function Scan"),
    ),
    Case(
        name="rows_of_functions",
        sql="SELECT generate_series(1, 3), id FROM author",
        wanted=("ProjectSet",),
    ),
    Case(
        name="semi_join",
        sql="SELECT * FROM author a WHERE EXISTS (SELECT 1 FROM post p WHERE p.author_id = a.id)",
        settings=off("hashjoin", "mergejoin", "hashagg", "sort"),
        wanted=("Semi",),
    ),
)
