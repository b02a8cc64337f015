"""The columns by which a statement filters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.sql.filters import find_filters

NOTHING_COMPARED = {
    "no condition": "SELECT * FROM book",
    "a pattern": "SELECT * FROM book WHERE title LIKE '%x%'",
    "a function": "SELECT * FROM book WHERE upper(book.title) = 'X'",
    "an expression": "SELECT * FROM book WHERE book.pages + 1 = 3",
    "unequal": "SELECT * FROM book WHERE book.pages <> 3",
    "not null": "SELECT * FROM book WHERE book.pages IS NOT NULL",
    "alternatives": "SELECT * FROM book WHERE book.title = 'a' OR book.pages = 3",
    "the opposite": "SELECT * FROM book WHERE NOT (book.pages = 3)",
    "the order": "SELECT * FROM book ORDER BY book.pages = 3",
    "what is set": "UPDATE book SET title = 'x'",
    "distinct from": "SELECT book.a IS DISTINCT FROM 3",
    "nothing": "",
}


@pytest.mark.parametrize("sql", NOTHING_COMPARED.values(), ids=NOTHING_COMPARED)
def test_nothing_is_compared(sql: str) -> None:
    assert find_filters(sql).compared == {}


COMPARED = {
    "SELECT * FROM book WHERE title = %s": {"book": ("title",)},
    'SELECT * FROM "book" T3 WHERE (T3."a" > 1 AND T3."b" IN (1, 2))': {"T3": ("b", "a")},
    "SELECT * FROM main.book AS b WHERE b.a BETWEEN 1 AND 2 AND b.c <= 3": {"b": ("a",)},
    "SELECT * FROM book WHERE book.a IS NULL AND 3 = book.b": {"book": ("a", "b")},
    "UPDATE `book` SET `a` = 1 WHERE `book`.`z` = 2": {"book": ("z",)},
    "DELETE FROM book WHERE book.a = 1 AND (book.b = 1 OR book.c = 1)": {"book": ("a",)},
    "SELECT * FROM a WHERE a.x IN (SELECT y FROM b U0 WHERE U0.z = 1) AND a.v = 2": {
        "a": ("x", "v"),
        "U0": ("z",),
    },
    "SELECT * FROM t WHERE t.a = 1 AND t.b = 1 AND t.c = 1 AND t.d = 1": {"t": ("a", "b", "c")},
}


@pytest.mark.parametrize(("sql", "columns"), COMPARED.items())
def test_compared_with_a_value(sql: str, columns: dict[str, tuple[str, ...]]) -> None:
    assert find_filters(sql).compared == columns


def test_compared_with_another_column() -> None:
    found = find_filters(
        'SELECT 1 FROM "book" INNER JOIN "person" ON ("book"."author_id" = "person"."id") '
        'WHERE EXISTS(SELECT 1 FROM "note" U0 WHERE U0."book_id" = ("book"."id"))'
    )
    assert found.joined == {"book": ("author_id",), "person": ("id",), "U0": ("book_id",)}
    assert found.compared == {}
    assert not found.named - {"book"}


def test_names_stand_for_tables() -> None:
    found = find_filters('SELECT * FROM "a" x, b AS y LEFT JOIN main.c ON 1 WHERE x.k LIKE y.z')
    assert found.tables == {"x": "a", "y": "b", "c": "c"}
    assert found.named == {"x", "y"}


def test_columns_of_group_by() -> None:
    sql = 'SELECT "a"."id", count(*) FROM "a", b GROUP BY "a"."id", b.x HAVING count(*) > b.y'
    assert find_filters(sql).grouped == {"a": ("id",), "b": ("x",)}
    assert find_filters("SELECT x FROM a GROUP BY x, lower(y) ORDER BY z").grouped["a"][0] == "x"


PIECES = [
    "SELECT",
    "FROM",
    "WHERE",
    "ON",
    "a",
    "b.c",
    '"d"."e"',
    "AS",
    "(",
    ")",
    ",",
    ".",
    "=",
    "OR",
]
PIECES += ["AND", "NOT", "IN", "IS NULL", "LIKE", "GROUP BY", "BETWEEN 1 AND 2", "%s", "'x", ";"]


@given(st.lists(st.sampled_from(PIECES)).map(" ".join) | st.text())
def test_whatever_the_text(sql: str) -> None:
    found = find_filters(sql)
    assert all(1 <= len(columns) <= 3 for columns in found.compared.values())


def test_a_long_text() -> None:
    many = " AND ".join(f"book.a{i} = {i}" for i in range(20_000))
    assert find_filters(f"SELECT * FROM book WHERE {many}").compared == {"book": ("a0", "a1", "a2")}
    assert find_filters("(" * 20_000 + "SELECT").tables == {}
