"""Conditions of plans: SQL in, comparisons out."""

from __future__ import annotations

import pytest

from orm_insight.sql.expressions import Comparison, columns_of, comparisons, nest, plain_column


def only(condition: str) -> Comparison:
    [found] = comparisons(condition)
    return found


def told(condition: str) -> list[tuple[str | None, str]]:
    return [(c.column.name if c.column else None, c.operator) for c in comparisons(condition)]


@pytest.mark.parametrize(
    ("condition", "column", "operator", "value"),
    [
        ("(c.post_id = 7)", "post_id", "=", "7"),
        ("(public.comment.id = 3)", "id", "=", "3"),
        ("((c.title)::text = 'x'::text)", "title", "=", "'x'::text"),
        ("((c.title)::character varying(20) = 'x'::text)", "title", "=", "'x'::text"),
        ("(7 < c.x)", "x", ">", "7"),
        ("(c.x <> 'a AND b')", "x", "<>", "'a AND b'"),
        ("(c.id = ANY ('{1,2}'::bigint[]))", "id", "= ANY", "('{1,2}'::bigint[])"),
        ("c.is_public", "is_public", "IS TRUE", ""),
        ("(NOT c.is_public)", "is_public", "NOT", ""),
        ("(c.gone IS NULL)", "gone", "IS NULL", ""),
        ("(c.gone IS NOT NULL)", "gone", "IS NOT NULL", ""),
        ("((c.code)::text ~~ 'ab%'::text)", "code", "~~", "'ab%'::text"),
        ("(c.code !~~* 'ab%'::text)", "code", "!~~*", "'ab%'::text"),
        ("(c.labels @> '{a}'::character varying(20)[])", "labels", "@>", None),
        ('(c."Odd ""name""" = 1)', 'Odd "name"', "=", "1"),
        ("(c.post_id = $1)", "post_id", "=", "$1"),
        ("(c.post_id = (InitPlan 1).col1)", "post_id", "=", "(InitPlan 1).col1"),
    ],
)
def test_a_column_and_a_value(
    condition: str, column: str, operator: str, value: str | None
) -> None:
    found = only(condition)
    assert found.column is not None
    assert (found.column.name, found.operator, found.expression) == (column, operator, "")
    assert value is None or found.value == value


@pytest.mark.parametrize(
    ("condition", "function", "expression"),
    [
        ("(upper((c.name)::text) ~~ '%X%'::text)", "upper", "upper((c.name)::text)"),
        ("((c.at AT TIME ZONE 'UTC'::text))::date = '2026-01-01'::date", "date", None),
        ("(date(c.at) = '2026-01-01'::date)", "date", "date(c.at)"),
        ("(EXTRACT(year FROM c.at) = '2026'::numeric)", "extract", "EXTRACT(year FROM c.at)"),
        ("((c.at)::numeric > 2.5)", "numeric", "(c.at)::numeric"),
        ("((c.data -> 'kind'::text) = '\"x\"'::jsonb)", "->", "c.data -> 'kind'::text"),
        ("(COALESCE(c.n, 0) = 3)", "coalesce", "COALESCE(c.n, 0)"),
    ],
)
def test_an_expression_over_a_column(condition: str, function: str, expression: str | None) -> None:
    found = only(condition)
    assert found.column is not None and found.function == function
    assert expression is None or found.expression == expression


def test_and_cuts_or_does_not() -> None:
    assert told("((c.a = 1) AND (c.b > 2) AND c.d)") == [("a", "="), ("b", ">"), ("d", "IS TRUE")]
    assert told("((c.a = 1) OR (c.b = 2))") == [(None, "OR")]
    assert told("((c.a = 1) AND ((c.b = 2) OR (c.b = 3)))") == [("a", "="), (None, "OR")]


def test_a_join_names_both_columns() -> None:
    found = only("(c.post_id = p.id)")
    assert found.column is not None and found.other is not None
    assert (found.column.table, found.other.table, found.other.name) == ("c", "p", "id")


@pytest.mark.parametrize(
    "condition",
    ["(NOT (SubPlan 1))", "(alternatives: SubPlan 1 or hashed SubPlan 2)", "", "(((", ")"],
)
def test_what_cannot_be_cut_names_nothing(condition: str) -> None:
    assert all(c.column is None for c in comparisons(condition))


def test_two_columns_in_one_expression_are_no_column() -> None:
    assert only("((c.a + c.b) > 10)").column is None


def test_columns_and_plain_columns() -> None:
    assert [c.name for c in columns_of(nest("(upper((c.a)::text) || c.b)"))] == ["a", "b"]
    plain = plain_column("((c.a)::text)")
    assert plain is not None and (plain.table, plain.name) == ("c", "a")
    assert plain_column("lower(c.a)") is None
