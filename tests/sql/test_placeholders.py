"""SQL in, the column of each placeholder out."""

from __future__ import annotations

import pytest

from orm_insight.sql.placeholders import columns_of_placeholders


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT 1", ()),
        ('SELECT * FROM "t" WHERE "t"."token" = %s', ("token",)),
        ("SELECT * FROM t WHERE a = %s AND b IN (%s, %s) LIMIT %s", ("a", "b", "b", None)),
        ("SELECT * FROM t WHERE UPPER(t.name::text) = UPPER(%s)", ("name",)),
        ("SELECT * FROM t WHERE a BETWEEN %s AND %s", ("a", "a")),
        ("SELECT %s AS a FROM t WHERE key = %(key)s", (None, "key")),
        ("UPDATE t SET token = %s, b = %s WHERE id = %s", ("token", "b", "id")),
        (
            'UPDATE "t" SET "token" = (CASE WHEN ("t"."id" = %s) THEN %s ELSE %s END)::text',
            ("id", "token", "token"),
        ),
        ("INSERT INTO t (a, token) VALUES (%s, %s), (%s, %s)", ("a", "token", "a", "token")),
        (
            "INSERT INTO t (a, token) SELECT * FROM UNNEST((%s)::int[], (%s)::text[])",
            ("a", "token"),
        ),
        ("INSERT INTO t (a, b) VALUES (lower(%s), now()) RETURNING id", ("a",)),
        ("INSERT INTO t VALUES (%s)", (None,)),
        ("SELECT '%s' /* %s */ FROM t -- %s", ()),
    ],
)
def test_columns_of_placeholders(sql: str, columns: tuple[str | None, ...]) -> None:
    assert columns_of_placeholders(sql) == columns
