"""Scans: parallel, by bitmap, of partitions, of indexes, of foreign tables."""

from __future__ import annotations

from tests.explain.golden.case import PARALLEL, Case, off

SCANS = (
    Case(
        name="sequential_scan",
        sql="SELECT * FROM comment WHERE text LIKE '%abc%'",
        wanted=("Seq Scan",),
        findings=("selective-seq-scan",),
    ),
    Case(
        name="parallel_scan",
        sql="SELECT count(*) FROM comment WHERE length(text) > 5",
        settings=PARALLEL,
        wanted=("Gather", "Partial Mode", '"Parallel Aware": true'),
    ),
    Case(
        name="gather_merge",
        sql="SELECT id, text FROM comment ORDER BY text",
        settings=PARALLEL,
        wanted=("Gather Merge", "Sort"),
    ),
    Case(
        name="gather_without_leader",
        sql="SELECT count(*) FROM comment WHERE points > 5",
        settings={**PARALLEL, "parallel_leader_participation": "off"},
        wanted=("Gather",),
    ),
    Case(
        name="gather_without_workers",
        sql="SELECT count(*) FROM comment WHERE points > 5",
        settings={**PARALLEL, "max_parallel_workers": "0"},
        wanted=("Gather", '"Workers Launched": 0'),
    ),
    Case(
        name="single_copy_gather",
        sql="SELECT count(*) FROM post WHERE state < 40",
        settings={
            "debug_parallel_query": "on",
            "max_parallel_workers_per_gather": "2",
            "min_parallel_table_scan_size": "1GB",
        },
        wanted=('"Single Copy": true',),
    ),
    Case(
        name="gather_in_a_loop",
        sql="SELECT v.a, c.id FROM (VALUES (1), (2), (3)) AS v (a) "
        "LEFT JOIN comment c ON c.points > v.a + 990 AND length(c.text) > v.a",
        settings={
            **PARALLEL,
            "enable_material": "off",
            "enable_bitmapscan": "off",
            "enable_indexscan": "off",
            "enable_memoize": "off",
        },
        wanted=("Gather",),
    ),
    Case(
        name="parallel_hash_join",
        sql="SELECT count(*) FROM comment c JOIN post p ON p.id = c.post_id",
        settings={**PARALLEL, "enable_mergejoin": "off", "enable_nestloop": "off"},
        wanted=("Hash Join", "Gather"),
    ),
    Case(
        name="parallel_append",
        sql="SELECT count(*) FROM visit WHERE page > 3",
        settings=PARALLEL,
        wanted=("Append", "Gather"),
    ),
    Case(
        name="bitmap_and",
        sql="SELECT * FROM post WHERE state = 3 AND day BETWEEN 3 AND 40",
        settings=off("seqscan", "indexscan"),
        wanted=("BitmapAnd",),
    ),
    Case(
        name="bitmap_or",
        sql="SELECT * FROM post WHERE state = 3 OR day = 40",
        settings=off("seqscan", "indexscan"),
        wanted=("BitmapOr",),
    ),
    Case(
        name="lossy_bitmap",
        sql="SELECT count(*) FROM comment WHERE points < 700",
        settings={**off("seqscan", "indexscan", "indexonlyscan"), "work_mem": "64kB"},
        wanted=("Lossy Heap Blocks",),
    ),
    Case(
        name="partitions_pruned",
        sql="SELECT * FROM visit WHERE day > 250 AND page = 3",
        wanted=("visit_3",),
    ),
    Case(
        name="partitions_never_executed",
        sql="SELECT * FROM visit WHERE day = (SELECT max(id) % 366 FROM post) AND page < 9",
        wanted=("Append", '"Actual Loops": 0'),
    ),
    Case(
        name="never_executed",
        sql="SELECT * FROM author a JOIN post p ON p.author_id = a.id WHERE a.country = 4711",
        wanted=('"Actual Loops": 0',),
        settings=off("hashjoin", "mergejoin"),
    ),
    Case(
        name="foreign_table",
        sql="SELECT count(*) FROM far WHERE id > 3000",
        wanted=("Foreign Scan",),
        servers=("15",),
    ),
    Case(
        name="index_only_scan",
        sql="SELECT count(id) FROM note WHERE id < 15000",
        settings=off("seqscan", "bitmapscan"),
        wanted=("Index Only Scan", "Heap Fetches"),
    ),
    Case(
        name="order_by_limit_on_the_wrong_index",
        sql="SELECT * FROM comment WHERE text LIKE 'zz%' ORDER BY points LIMIT 5",
        settings=off("seqscan", "bitmapscan", "sort"),
        wanted=("comment_points",),
        findings=("order-by-limit",),
    ),
    Case(
        name="sample_and_row_numbers",
        sql="SELECT * FROM post TABLESAMPLE SYSTEM (20) WHERE ctid > '(3,1)'",
        wanted=("Sample Scan",),
    ),
)
