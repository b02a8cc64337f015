"""Statements laid out, shortened and highlighted."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from orm_insight.sql.layout import laid_out
from orm_insight.sql.tokens import Kind, tokenize
from orm_insight.ui import sql as sql_module
from orm_insight.ui.sql import MAX_BLOCK, sql_block, sql_line


def layout(sql: str) -> str:
    return "".join(text for _, text in laid_out(tokenize(sql)))


def words(sql: str) -> list[str]:
    return [text for kind, text in tokenize(sql) if kind is not Kind.SPACE]


def text_of(markup: Markup) -> str:
    return markup.striptags()


def test_each_clause_has_a_line():
    assert layout('SELECT "a" FROM "t" WHERE "b" = %s AND "c" > 1 ORDER BY "a" LIMIT 21') == (
        'SELECT "a"\nFROM "t"\nWHERE "b" = %s\n  AND "c" > 1\nORDER BY "a"\nLIMIT 21'
    )


def test_joins_begin_lines():
    sql = "SELECT 1 FROM a LEFT OUTER JOIN b ON (a.x = b.x AND a.y = b.y) JOIN c USING (z)"

    assert layout(sql).splitlines() == [
        "SELECT 1",
        "FROM a",
        "LEFT OUTER JOIN b ON (a.x = b.x AND a.y = b.y)",
        "JOIN c USING (z)",
    ]


def test_subquery_is_indented():
    sql = "SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t = t.id) AND x IN (1, 2)"

    assert layout(sql).splitlines() == [
        "SELECT 1",
        "FROM t",
        "WHERE EXISTS (",
        "  SELECT 1",
        "  FROM u",
        "  WHERE u.t = t.id",
        ")",
        "  AND x IN (1, 2)",
    ]


def test_between_keeps_its_and():
    assert "BETWEEN 1 AND 2\n  AND b" in layout("SELECT 1 FROM t WHERE a BETWEEN 1 AND 2 AND b = 3")


def test_update_and_upsert():
    assert layout("UPDATE t SET a = 1 WHERE b = 2") == "UPDATE t\nSET a = 1\nWHERE b = 2"
    assert "DO UPDATE" in layout("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2")


def test_long_lists_are_wrapped():
    columns = ", ".join(f'"blog_post"."column_{number}"' for number in range(12))

    assert max(map(len, layout(f"SELECT {columns} FROM blog_post").splitlines())) < 130


@pytest.mark.parametrize(
    "sql",
    [
        "select a,b from t -- why\nwhere x = 'it''s' /* ; */ and y ~ E'\\''",
        "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT * FROM x FOR UPDATE",
        "SELECT ')' , $$ FROM ( $$ FROM t) WHERE",
        "((((SELECT",
        "",
    ],
)
def test_only_white_space_is_changed(sql):
    assert words(layout(sql)) == words(sql)


def test_comment_to_the_end_of_the_line_swallows_nothing():
    assert "-- why\n" in layout("SELECT 1 -- why\nFROM t")


def test_line_leaves_long_lists_of_columns_out():
    line = text_of(sql_line('SELECT "t"."id", "t"."title", "t"."body", "t"."author_id" FROM "t"'))

    assert line == 'SELECT … FROM "t"'
    assert text_of(sql_line(f"UPDATE t SET a = '{'x' * 50}' WHERE b = 1")) == (
        "UPDATE t SET … WHERE b = 1"
    )


def test_line_keeps_what_is_short_and_cuts_what_is_long():
    assert text_of(sql_line("SELECT\n  COUNT(*)\nFROM t")) == "SELECT COUNT(*) FROM t"
    assert len(text_of(sql_line("SELECT 1 FROM t WHERE x IN (" + "7, " * 5000))) <= 200


def test_markup_in_sql_is_escaped():
    hostile = "SELECT '<script>alert(1)</script>' AS \"</code><b>\" -- <img src=x>"

    for markup in (sql_line(hostile), sql_block(hostile).markup):
        assert re.findall(r"<(?!/?span\b)", markup) == []
        assert "&lt;b&gt;" in markup


def test_two_megabytes_are_cut_before_they_are_read(monkeypatch):
    huge = "SELECT * FROM t WHERE id IN (" + "%s, " * 500_000 + "%s)"
    read = []
    monkeypatch.setattr(sql_module, "tokenize", lambda sql: read.append(sql) or tokenize(sql))

    block, line = sql_block(huge), sql_line(huge)

    assert sum(map(len, read)) <= MAX_BLOCK
    assert len(block.markup) <= MAX_BLOCK
    assert f"{len(huge):,} characters" in block.note
    assert line
