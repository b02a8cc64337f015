"""Statements that write and lock. They come last, because they leave dead rows."""

from __future__ import annotations

from tests.explain.golden.case import Case

WRITES = (
    Case(
        name="writing_cte",
        sql="WITH gone AS (DELETE FROM comment WHERE points < 100 RETURNING id) "
        "SELECT count(*) FROM gone",
        wanted=("ModifyTable", "CTE Scan"),
    ),
    Case(
        name="writing_cte_that_nobody_reads",
        sql="WITH gone AS (DELETE FROM comment WHERE points < 100) SELECT count(*) FROM author",
        wanted=("ModifyTable",),
    ),
    Case(
        name="trigger",
        sql="INSERT INTO author SELECT i, 'new ' || i, 3 FROM generate_series(5001, 8000) AS i",
        wanted=("Trigger Name",),
        findings=("triggers",),
    ),
    Case(
        name="update_with_join",
        sql="UPDATE post SET state = 7 FROM author a WHERE a.id = author_id AND a.country = 3",
        wanted=("ModifyTable",),
    ),
    Case(
        name="upsert",
        sql="INSERT INTO note SELECT i, 'again' FROM generate_series(19000, 22000) AS i "
        "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        wanted=("Conflict Resolution",),
    ),
    Case(
        name="merge",
        sql="MERGE INTO note USING (SELECT id FROM post WHERE id > 17000) AS p ON "
        "p.id = note.id + 2000 "
        "WHEN MATCHED THEN UPDATE SET body = 'merged' "
        "WHEN NOT MATCHED THEN INSERT VALUES (p.id + 100000, 'x')",
        wanted=('"Operation": "Merge"',),
    ),
    Case(
        name="locked_rows",
        sql="SELECT * FROM post WHERE state = 2 FOR UPDATE",
        wanted=("LockRows",),
    ),
    Case(
        name="write_ahead_log",
        sql="UPDATE note SET body = 'logged' WHERE id < 2000",
        wanted=("WAL Records",),
        options="ANALYZE, VERBOSE, BUFFERS, WAL",
    ),
)
