"""CTEs, InitPlans, SubPlans."""

from __future__ import annotations

from tests.explain.golden.case import PARALLEL, Case

SUBQUERIES = (
    Case(
        name="cte_twice",
        sql="WITH x AS MATERIALIZED (SELECT post_id, count(*) AS n FROM comment GROUP BY post_id) "
        "SELECT count(*) FROM x a JOIN x b ON b.n = a.n AND b.post_id = a.post_id + 1",
        wanted=("CTE Scan", "CTE x"),
    ),
    Case(
        name="cte_in_cte",
        sql="WITH x AS MATERIALIZED (SELECT * FROM post WHERE state < 25), y AS MATERIALIZED "
        "(SELECT author_id, count(*) AS n FROM x GROUP BY author_id) "
        "SELECT * FROM y WHERE n > (SELECT avg(day) / 100 FROM x)",
        wanted=("CTE x", "CTE y", "InitPlan"),
    ),
    Case(
        name="cte_of_the_same_name",
        sql="WITH x AS MATERIALIZED (SELECT id FROM post WHERE state = 1) SELECT * "
        "FROM x WHERE id IN "
        "(WITH x AS MATERIALIZED (SELECT post_id FROM comment WHERE points < 100) TABLE x)",
        wanted=("CTE Scan",),
    ),
    Case(
        name="cte_filtered",
        sql="WITH x AS MATERIALIZED (SELECT * FROM comment) SELECT * FROM x WHERE points = 7",
        wanted=("CTE Scan",),
        findings=("filter-on-cte",),
    ),
    Case(
        name="recursive_cte",
        sql="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        "SELECT sum(i) FROM n",
        wanted=("Recursive Union", "WorkTable Scan"),
    ),
    Case(
        name="init_plan_in_a_filter",
        sql="SELECT * FROM comment WHERE points > (SELECT avg(points) * 1.99 FROM comment)",
        wanted=("InitPlan",),
    ),
    Case(
        name="init_plan_in_the_output",
        sql="SELECT (SELECT max(text) FROM comment), id FROM author ORDER BY id LIMIT 5",
        wanted=("InitPlan",),
    ),
    Case(
        name="eleven_init_plans",
        sql="SELECT id FROM author WHERE "
        + " OR ".join(f"id = (SELECT max(points) + {i} FROM comment)" for i in range(1, 12)),
        wanted=("InitPlan 11",),
    ),
    Case(
        name="init_plan_below_a_gather",
        sql="SELECT count(*) FROM comment WHERE points > (SELECT avg(day) FROM post)",
        settings=PARALLEL,
        wanted=("InitPlan", "Gather"),
    ),
    Case(
        name="init_plan_in_a_limit",
        sql="SELECT * FROM comment LIMIT (SELECT count(*) / 100 FROM post)",
        wanted=("InitPlan", "Limit"),
    ),
    Case(
        name="sub_plan",
        sql="SELECT a.id, (SELECT count(*) FROM post p WHERE p.author_id = a.id AND p.state < 40) "
        "FROM author a",
        wanted=("SubPlan",),
        findings=("subplan",),
    ),
    Case(
        name="hashed_sub_plan",
        sql="SELECT count(*) FROM post WHERE id NOT IN (SELECT post_id FROM "
        "comment WHERE points > 900)",
        wanted=("hashed SubPlan",),
    ),
    Case(
        name="sub_plan_with_cte",
        sql="SELECT a.id, (WITH x AS MATERIALIZED (SELECT * FROM post p WHERE p.author_id = a.id) "
        "SELECT count(*) FROM x) FROM author a WHERE a.id < 200",
        wanted=("SubPlan", "CTE x"),
    ),
)
