"""Statements about the objects related to one row."""

from __future__ import annotations

import pytest

from orm_insight.sql.related import (
    is_ordered_by,
    related_statement,
    simple_aggregate,
    takes_group_by,
)


def test_reverse_foreign_key():
    found = related_statement(
        'SELECT COUNT(*) AS "__count" FROM "review" WHERE "review"."book_id" = %s'
    )

    assert found == ("COUNT(*)", ("review",), (("review", "book_id"),))


def test_many_to_many_in_mysql():
    found = related_statement(
        "SELECT MAX(`genre`.`name`) AS `x` FROM `genre` INNER JOIN `book_genres` "
        "ON (`genre`.`id` = `book_genres`.`genre_id`) WHERE `book_genres`.`book_id` = %s"
    )

    assert found is not None
    assert found.tables == ("genre", "book_genres")
    assert found.columns == (("book_genres", "book_id"),)


def test_generic_relation():
    found = related_statement(
        'SELECT %s AS "a" FROM "note" '
        'WHERE ("note"."content_type_id" = %s AND "note"."object_id" = %s) LIMIT 1'
    )

    assert found is not None
    assert found.columns == (("note", "content_type_id"), ("note", "object_id"))


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT COUNT(*) AS "n" FROM "review"',
        'SELECT COUNT(*) AS "n" FROM "review" WHERE "review"."rating" > %s',
        'SELECT COUNT(*) AS "n" FROM "review" WHERE NOT "review"."deleted"',
        'SELECT COUNT(*) AS "n" FROM "review" WHERE ("review"."book_id" = %s AND NOT "review"."x")',
        'SELECT COUNT(*) AS "n" FROM "review" WHERE "review"."book_id" = %s GROUP BY "review"."x"',
        'SELECT COUNT(*) FROM (SELECT "r"."id" AS "a" FROM "r" WHERE "r"."x" = %s LIMIT 1) q',
        'UPDATE "review" SET "rating" = 1 WHERE "review"."book_id" = %s',
    ],
)
def test_any_other_statement(sql: str):
    assert related_statement(sql) is None


def test_aggregates():
    assert simple_aggregate('AVG("review"."rating")') == ("AVG", "review", "rating", False)
    assert simple_aggregate('SUM(DISTINCT "a"."b")') == ("SUM", "a", "b", True)
    assert simple_aggregate('CAST(SUM("line"."amount") AS NUMERIC)') == (
        "SUM",
        "line",
        "amount",
        False,
    )


@pytest.mark.parametrize(
    "selected",
    [
        "COUNT(*)",
        'COALESCE(SUM("a"."b"), %s)',
        'SUM("a"."b") FILTER (WHERE "a"."c" > %s)',
        'SUM(("a"."b" * %s))',
        'MIN("a"."b") AS "x", MAX("a"."b")',
        'STRING_AGG("a"."b", %s)',
    ],
)
def test_what_is_no_simple_aggregate(selected: str):
    assert simple_aggregate(selected) is None


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "book"."id" FROM "book" WHERE "book"."pages" > %s ORDER BY "book"."id" LIMIT 3',
        'SELECT "book"."id", "person"."id" FROM "book" INNER JOIN "person" ON ("a"."b" = "c"."d")',
        'SELECT "book"."id", T3."id" FROM "book" LEFT OUTER JOIN "person" T3 ON ("a"."b" = T3."d")',
    ],
)
def test_statements_that_take_a_group_by(sql: str):
    assert takes_group_by(sql)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "book"."id" FROM "book" INNER JOIN "review" ON ("book"."id" = "review"."book_id")',
        'SELECT "book"."id", "review"."rating" AS "r" FROM "book" LEFT OUTER JOIN "review" ON (1)',
        'SELECT "book"."id", T3."id" FROM "book" INNER JOIN "p" T3 ON (1) INNER JOIN "q" T4 ON (1)',
        'SELECT "book"."id", COUNT(*) AS "n" FROM "book" GROUP BY "book"."id"',
        'SELECT DISTINCT ON ("book"."title") "book"."id" FROM "book"',
        'SELECT "book"."id" FROM "book" FOR UPDATE',
    ],
)
def test_statements_that_do_not(sql: str):
    assert not takes_group_by(sql)


@pytest.mark.parametrize(
    ("sql", "ordering"),
    [
        ('SELECT "b"."id" FROM "b"', ("title",)),
        ('SELECT "b"."id" FROM "b" ORDER BY "b"."title" ASC', ()),
        ('SELECT "b"."id" FROM "b" ORDER BY "b"."title" DESC', ("title",)),
        ('SELECT "b"."id" FROM "b" ORDER BY "b"."title" ASC, "b"."id" ASC', ("title",)),
    ],
)
def test_order_of_somebody_else(sql: str, ordering: tuple[str, ...]):
    assert not is_ordered_by(sql, ordering)


@pytest.mark.parametrize(
    ("sql", "ordering"),
    [
        ('SELECT "b"."id" FROM "b" ORDER BY "b"."title" ASC LIMIT 20 OFFSET 40', ("title",)),
        ('SELECT "b"."id" FROM "b" ORDER BY "b"."day" DESC, "b"."id" ASC', ("-day", "id")),
        ("SELECT `b`.`id` FROM `b` ORDER BY `b`.`title` ASC", ("title",)),
        ('SELECT "b"."id" FROM "b" ORDER BY LOWER("b"."title") ASC', ("?",)),
    ],
)
def test_order_that_may_be_the_models_own(sql: str, ordering: tuple[str, ...]):
    assert is_ordered_by(sql, ordering)
