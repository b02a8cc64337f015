"""Statements about some of the objects related to one row."""

from __future__ import annotations

import pytest

from orm_insight.sql.related import narrowed_statement


def test_one_condition_next_to_the_reference():
    found = narrowed_statement(
        'SELECT COUNT(*) AS "__count" FROM "review" '
        'WHERE ("review"."book_id" = %s AND "review"."rating" = %s)'
    )

    assert found == (
        "COUNT(*)",
        ("review",),
        (("review", "book_id"), ("review", "rating")),
    )


def test_conditions_of_every_form():
    found = narrowed_statement(
        'SELECT %s AS "a" FROM "review" WHERE ("review"."book_id" = %s '
        'AND "review"."rating" BETWEEN %s AND %s AND "review"."text" LIKE %s ESCAPE \'\\\' '
        'AND "review"."user_id" IN (%s, %s) AND "review"."read" IS NOT NULL '
        'AND UPPER("review"."mood"::text) = UPPER(%s) AND NOT "review"."hidden") LIMIT 1'
    )

    assert found is not None
    columns = [column for _, column in found.columns]
    assert columns == ["book_id", "rating", "text", "user_id", "read", "mood", "hidden"]


def test_joined_tables_and_their_aliases():
    found = narrowed_statement(
        'SELECT AVG("book"."pages") AS "x" FROM "book" '
        'INNER JOIN "book_genres" ON ("book"."id" = "book_genres"."book_id") '
        'LEFT OUTER JOIN "person" T4 ON ("book"."author_id" = T4."id") '
        'WHERE ("book_genres"."genre_id" = %s AND T4."name" = %s)'
    )

    assert found is not None
    assert found.tables == ("book", "book_genres", "person")
    assert found.columns == (("book_genres", "genre_id"), ("T4", "name"))


@pytest.mark.parametrize(
    "where",
    [
        '("r"."book_id" = %s AND ("r"."x" = %s OR "r"."y" = %s))',
        '("r"."book_id" = %s AND NOT ("r"."x" = %s))',
        '("r"."book_id" = %s AND "r"."x" = ("r"."y"))',
        '("r"."book_id" = %s AND "r"."x" IN (SELECT U0."id" FROM "u" U0))',
        '("r"."book_id" = %s AND %s)',
        '"r"."book_id" = %s GROUP BY "r"."x"',
        '"r"."book_id" = %s LIMIT 1 OFFSET 2',
    ],
)
def test_anything_else(where: str):
    assert narrowed_statement(f'SELECT COUNT(*) AS "n" FROM "r" WHERE {where}') is None


def test_other_statements():
    assert narrowed_statement('SELECT COUNT(*) AS "n" FROM "r"') is None
    assert narrowed_statement('UPDATE "r" SET "x" = 1 WHERE "r"."book_id" = %s') is None
