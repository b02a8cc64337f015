"""Findings in MariaDB's measured plans: real ones, of tables with 100,000 and 1,000 rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections

from orm_insight.explain.base import Explanation
from orm_insight.explain.runner import explain
from orm_insight.explain.summary import summarize
from orm_insight.model.plan import Finding
from orm_insight.model.trace import Query

SETUP = [
    "CREATE TABLE author (id int PRIMARY KEY AUTO_INCREMENT, name varchar(100), country int)",
    "CREATE TABLE book (id int PRIMARY KEY AUTO_INCREMENT, title varchar(100), author_id int, "
    "pages int, KEY by_author (author_id), KEY by_pages (pages))",
    "CREATE TABLE note (id int PRIMARY KEY AUTO_INCREMENT, book_id int) ENGINE=MyISAM",
    "INSERT INTO author (name, country) SELECT concat('a', seq), seq %% 7 FROM seq_1_to_1000",
    "INSERT INTO book (title, author_id, pages) "
    "SELECT concat('t', seq), seq %% 1000, seq %% 300 FROM seq_1_to_100000",
    "INSERT INTO note (book_id) SELECT seq FROM seq_1_to_1000",
    "ANALYZE TABLE author, book, note",
]


@pytest.fixture(scope="module")
def library(mariadb: str) -> Iterator[str]:
    with connections[mariadb].cursor() as cursor:
        for sql in SETUP:
            cursor.execute(sql, ())
    yield mariadb
    with connections[mariadb].cursor() as cursor:
        cursor.execute("DROP TABLE author, book, note")


def explained(alias: str, sql: str, *, analyze: bool = True) -> Explanation:
    query = Query(index=0, sql=sql, params=None, alias=alias, vendor="mysql")
    found = explain(query, analyze=analyze)
    assert found.plan is not None, found.error
    return found


def findings(alias: str, sql: str) -> tuple[Finding, ...]:
    plan = explained(alias, sql).plan
    assert plan is not None
    return plan.findings


CLEAN = {
    "by the primary key": "SELECT * FROM book WHERE id = 3",
    "by an index": "SELECT * FROM book WHERE author_id = 3",
    "a small table": "SELECT * FROM author WHERE name = 'x'",
    "everything is wanted": "SELECT * FROM author",
    "most of it is wanted": "SELECT * FROM book WHERE title <> 't5'",
    "in the order of an index": "SELECT * FROM book ORDER BY id LIMIT 10",
    "few rows sorted": "SELECT * FROM book WHERE author_id = 3 ORDER BY title",
    "stopped by LIMIT": "SELECT * FROM book WHERE title LIKE 't1%' LIMIT 3",
    "impossible": "SELECT * FROM book WHERE 1 = 0",
    "no table": "SELECT 1",
}


@pytest.mark.parametrize("sql", CLEAN.values(), ids=CLEAN)
def test_nothing_to_say(library: str, sql: str) -> None:
    assert findings(library, sql) == ()


WRONG = {
    "a filter": (
        "SELECT * FROM book WHERE title = 't5'",
        ("full-scan", "ORM602", "99,999 of 100,000 rows are discarded", 'fields=["title"]'),
    ),
    "a pattern": (
        "SELECT * FROM book WHERE title LIKE '%99%7%'",
        ("full-scan", "", "all of book is read", "icontains"),
    ),
    "a scan for each row": (
        "SELECT *, (SELECT count(*) FROM note n WHERE n.book_id = b.id) FROM book b "
        "WHERE b.author_id IN (3, 4)",
        ("full-scan", "ORM602", "all of note is read, in 200 loops,", 'fields=["book_id"]'),
    ),
    "a join over no index": (
        "SELECT * FROM author a JOIN book b ON b.title = a.name WHERE a.id < 50",
        ("join-without-index", "ORM602", "of book is compared with each", 'fields=["title"]'),
    ),
    "a sort": (
        "SELECT * FROM book ORDER BY title",
        ("filesort", "ORM604", "sorting 100,000 rows by book.title", "order_by()"),
    ),
    "a temporary table": (
        "SELECT DISTINCT title FROM book",
        ("temporary-table", "", "is spent on a temporary table", "distinct()"),
    ),
}


@pytest.mark.parametrize(("sql", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(library: str, sql: str, expected: tuple[str, str, str, str]) -> None:
    code, hint, message, advice = expected
    [found] = [one for one in findings(library, sql) if one.code == code]
    assert found.hint == hint
    assert message in found.message
    assert advice in found.advice
    assert 0.1 <= found.share <= 1
    assert found.ms >= 1


def test_what_explains_most_comes_first(library: str) -> None:
    sql = (
        "SELECT DISTINCT b.title FROM author a JOIN book b ON b.title = a.name "
        "WHERE a.id < 50 ORDER BY 1"
    )
    found = findings(library, sql)
    assert found[0].code == "join-without-index"
    assert [one.ms for one in found] == sorted((one.ms for one in found), reverse=True)


def test_nothing_without_measuring(library: str) -> None:
    found = explained(library, "SELECT * FROM book WHERE title = 't5'", analyze=False)
    assert found.plan is not None
    assert found.plan.findings == ()


REAL = [
    *CLEAN.values(),
    *(sql for sql, _ in WRONG.values()),
    "(SELECT id FROM book WHERE pages = 1) UNION (SELECT id FROM author) ORDER BY 1",
    "SELECT * FROM author WHERE id IN (SELECT author_id FROM book WHERE title LIKE '%9') "
    "AND country = 2",
    "SELECT * FROM author a WHERE EXISTS (SELECT 1 FROM note n WHERE n.book_id = a.id) "
    "OR a.id IN (SELECT author_id FROM book WHERE title = 't3')",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50) "
    "SELECT * FROM n JOIN author ON author.id = n.i",
    "SELECT country, row_number() OVER (PARTITION BY country ORDER BY name) FROM author",
    "SELECT * FROM (SELECT author_id, max(pages) AS m FROM book GROUP BY author_id) x WHERE m > 9",
    "SELECT * FROM author LEFT JOIN book ON book.author_id = author.id WHERE book.id IS NULL",
    "SELECT author_id, count(*) AS c FROM book GROUP BY author_id HAVING c > 3 ORDER BY c DESC",
    "SELECT * FROM book WHERE author_id = 3 OR pages = 4",
    "SELECT count(*) FROM author a JOIN book b ON b.id < a.country",
    "SELECT DISTINCT a.name FROM author a JOIN book b ON b.author_id = a.id",
    "SELECT name FROM author GROUP BY name WITH ROLLUP",
    "SELECT * FROM author WHERE id NOT IN (SELECT author_id FROM book WHERE pages = 3)",
    "(SELECT id FROM book) EXCEPT (SELECT id FROM author) INTERSECT (SELECT 5)",
]


@pytest.mark.parametrize("sql", REAL)
def test_real_plans_add_up(library: str, sql: str) -> None:
    plan = explained(library, sql).plan
    assert plan is not None
    assert plan.is_measured
    own = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert min(own) >= 0
    assert sum(own) == pytest.approx(plan.root.total_ms, rel=0.01)
    assert plan.execution_ms == plan.root.total_ms
    # Every step is known by a name of its own; none is called as its key in the JSON.
    assert not [node.node_type for node in plan.nodes() if "_" in node.node_type]


def test_rows_are_those_that_are_there(library: str) -> None:
    found = explained(library, "SELECT * FROM book b WHERE b.title LIKE '%9'")
    assert found.plan is not None
    [scan] = [node for node in found.plan.nodes() if node.relation]
    assert (scan.relation, scan.alias, scan.rows) == ("book", "b", 10_000)
    assert "-> Table scan on book b" in found.text
    assert found.payload["query_block"]["select_id"] == 1


@pytest.mark.parametrize(
    ("sql", "measured", "planned"),
    [
        (
            "SELECT * FROM book WHERE title = 't5'",
            " is a full scan of book that discards 99,999 of 100,000 rows.",
            "All rows of book are read. Nothing was measured.",
        ),
        (
            "SELECT * FROM author a JOIN book b ON b.title = a.name WHERE a.id < 50 ORDER BY a.id",
            " is comparing every row of one table with every row of another",
            "; rows are sorted. Nothing was measured.",
        ),
    ],
)
def test_a_plan_in_one_sentence(library: str, sql: str, measured: str, planned: str) -> None:
    plans = [explained(library, sql, analyze=analyze).plan for analyze in (True, False)]
    assert plans[0] is not None and plans[1] is not None
    assert measured in summarize(plans[0])
    assert planned in summarize(plans[1])


def test_a_lookup_by_an_index_in_one_sentence(library: str) -> None:
    plan = explained(library, "SELECT * FROM book WHERE author_id = 3", analyze=False).plan
    assert plan is not None
    expected = "Rows of book are found by an index or a key. Nothing was measured."
    assert expected in summarize(plan)
