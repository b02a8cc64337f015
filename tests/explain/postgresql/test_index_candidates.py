"""Which indexes a plan asks for: first where it asks for none, then what and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orm_insight.explain.postgresql.indexes.candidates import Candidate, candidates, tables_of
from orm_insight.explain.postgresql.indexes.catalog import ExistingIndex, Key, TableFacts
from orm_insight.explain.postgresql.indexes.code import advise, define
from orm_insight.explain.postgresql.names import Names
from orm_insight.model.plan import Plan
from orm_insight.model.schema import ModelFacts, Schema
from tests.explain.shapes import node, parse, scan

TABLE = TableFacts(
    schema="public",
    name="blog_comment",
    rows=50_000,
    columns={
        "id": "int8",
        "post_id": "int8",
        "author_id": "int8",
        "kind": "varchar",
        "body": "text",
        "created_at": "timestamptz",
        "data": "jsonb",
        "labels": "_varchar",
        "is_open": "bool",
        "number": "int4",
    },
)
SCHEMA = Schema(
    models={
        "blog.Comment": ModelFacts(
            label="blog.Comment",
            name="Comment",
            table="blog_comment",
            pk="id",
            columns={name: name.removesuffix("_id") for name in TABLE.columns},
        )
    }
)


def reading(condition: str, **raw: Any) -> dict[str, Any]:
    """A scan that throws nearly all rows away."""
    return scan(100.0, Rows_Removed_by_Filter=49_990, Filter=condition, **raw)


def asked(root: dict[str, Any], table: TableFacts = TABLE) -> tuple[Candidate, ...]:
    plan = parse(root)
    return candidates(plan, dict.fromkeys(tables_of(plan), table))


def keys(root: dict[str, Any], table: TableFacts = TABLE) -> list[str]:
    """Each candidate's keys as one text."""
    return [
        ", ".join(f"{'-' if key.descending else ''}{key.column}" for key in found.keys)
        for found in asked(root, table)
    ]


def index(*columns: str, **facts: Any) -> ExistingIndex:
    return ExistingIndex(
        **{"name": "known", "keys": columns, "opclasses": ("int8_ops",) * len(columns), **facts}
    )


def with_index(*columns: str, **facts: Any) -> TableFacts:
    return replace(TABLE, indexes=(index(*columns, **facts),))


@pytest.mark.parametrize(
    ("root", "table"),
    [
        (scan(100.0), TABLE),
        (reading("(c.post_id = 7)"), replace(TABLE, rows=499)),
        (reading("(c.post_id = 7)"), with_index("post_id")),
        (reading("(c.post_id = 7)"), with_index("post_id", "number")),
        (reading("((c.number = 3) AND (c.post_id = 7))"), with_index("post_id", "number")),
        (reading("(c.post_id = 7)"), with_index("post_id", is_unique=True)),
        (reading("((c.post_id = 7) OR (c.number = 3))"), TABLE),
        (reading("(c.post_id <> 7)"), TABLE),
        (reading("(c.post_id = c.author_id)"), TABLE),
        (reading("(NOT (SubPlan 1))"), TABLE),
        (reading("((c.number + 1) = 3)"), TABLE),
        (reading("((c.number)::text ~~ '%3%'::text)"), TABLE),
        (reading("(c.body ~~ '%ab%'::text)"), TABLE),
        (reading("(c.gone_column = 3)"), TABLE),
        (node("Sort", 100.0, scan(99.0, Actual_Rows=9_999), Sort_Key=["c.number"]), TABLE),
        (
            node("Sort", 100.0, scan(99.0, Actual_Rows=20_000), Sort_Key=["lower(c.body)"]),
            TABLE,
        ),
        (
            node("Sort", 100.0, scan(99.0, Actual_Rows=20_000), Sort_Key=["c.number NULLS FIRST"]),
            TABLE,
        ),
    ],
)
def test_none(root: dict[str, Any], table: TableFacts) -> None:
    assert keys(root, table) == []


def test_a_table_that_the_catalog_does_not_have() -> None:
    assert candidates(parse(reading("(c.post_id = 7)")), {}) == ()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(c.post_id = 7)", "post_id"),
        ("((c.number > 3) AND (c.post_id = 7))", "post_id, number"),
        ("((c.kind)::text = ANY ('{a,b}'::text[])) AND (c.post_id = 7)", "post_id, kind"),
        ("(c.is_open AND (c.created_at < now()))", "is_open, created_at"),
        ("((c.number > 3) AND (c.created_at < now()))", "number"),
        (
            "((c.post_id = 1) AND (c.author_id = 2) AND (c.number = 3) AND (c.is_open))",
            "post_id, author_id, number",
        ),
    ],
)
def test_equality_first_then_one_range(condition: str, expected: str) -> None:
    assert keys(reading(condition)) == [expected]


def test_a_partial_or_other_index_serves_not() -> None:
    partial = with_index("post_id", predicate="(number > 3)")
    second = with_index("number", "post_id")
    hashed = with_index("post_id", method="hash")
    for table in (partial, second, hashed):
        assert keys(reading("(c.post_id = 7)"), table) == ["post_id"]


def test_a_longer_index_makes_the_shorter_one_needless() -> None:
    root = reading("((c.number = 3) AND (c.post_id = 7))")
    assert asked(root, with_index("number"))[0].superseded == "known"
    assert asked(root, with_index("number", is_unique=True))[0].superseded == ""


def test_the_order_takes_the_place_of_a_sort() -> None:
    keys_of_sort = ["c.created_at DESC", "c.id DESC"]
    root = node(
        "Limit",
        101.0,
        node("Sort", 100.0, reading("(c.post_id = 7)", Actual_Rows=2_000), Sort_Key=keys_of_sort),
    )
    assert keys(root) == ["post_id, -created_at, -id"]


def test_a_range_or_the_order_but_not_both_in_one() -> None:
    many = reading("(c.number > 7)", Actual_Rows=1_000)
    assert keys(node("Sort", 100.0, many, Sort_Key=["c.created_at"])) == ["created_at", "number"]


def test_a_few_rows_are_sorted_without_an_index() -> None:
    few = reading("(c.number > 7)", Actual_Rows=999)
    assert keys(node("Sort", 100.0, few, Sort_Key=["c.created_at"])) == ["number"]


def test_a_large_sort_without_a_filter() -> None:
    root = node("Sort", 100.0, scan(90.0, Actual_Rows=50_000), Sort_Key=["c.number DESC"])
    [found] = asked(node("Limit", 101.0, root))
    assert (found.hint, found.keys) == ("ORM604", (Key(column="number", descending=True),))


def test_the_order_of_the_index_that_was_read_along() -> None:
    walk = scan(
        99.0,
        "Index Scan",
        Index_Name="known",
        Filter="(c.post_id = 1)",
        Rows_Removed_by_Filter=5_000,
    )
    assert keys(node("Limit", 100.0, walk), with_index("created_at")) == ["post_id, created_at"]


def test_the_inner_side_of_a_loop_and_the_joins_condition() -> None:
    inner = scan(0.09, Actual_Loops=1_000, Parent_Relationship="Inner")
    outer = node("Seq Scan", 1.0, Alias="p", Actual_Rows=1_000, Plan_Rows=1_000)
    join = node("Nested Loop", 100.0, outer, inner, Join_Filter="(p.id = c.author_id)")
    assert keys(join) == ["author_id"]


def test_a_table_read_as_a_whole_for_a_few_partners() -> None:
    few = node("Hash", 1.0, scan(1.0, Alias="p"), Parent_Relationship="Inner")
    whole = scan(90.0, Actual_Rows=50_000)
    join = node("Hash Join", 100.0, whole, few, Hash_Cond="(c.author_id = p.id)", Actual_Rows=10)
    assert keys(join) == ["author_id"]


def test_one_index_instead_of_two_that_are_cut() -> None:
    parts = [
        node("Bitmap Index Scan", 40.0, Index_Name=name, Index_Cond=f"({name} = 1)")
        for name in ("post_id", "number")
    ]
    heap = scan(100.0, "Bitmap Heap Scan", Recheck_Cond="((c.post_id = 1) AND (c.number = 1))")
    heap["Plans"] = [node("BitmapAnd", 90.0, *parts)]
    assert keys(heap, with_index("post_id")) == ["post_id, number"]


@pytest.mark.parametrize(
    ("condition", "meta", "body"),
    [
        (
            "((c.number > 3) AND (c.post_id = 7))",
            'models.Index(fields=["post", "number"], name="comment_post_number_idx")',
            'USING btree ("post_id", "number")',
        ),
        (
            "(upper(c.body) = 'X'::text)",
            'models.Index(Upper("body"), name="comment_body_idx")',
            'USING btree ((UPPER("body")))',
        ),
        (
            "((c.post_id = 3) AND (lower((c.kind)::text) = 'x'::text))",
            'models.Index(models.F("post"), Lower("kind"), name="comment_post_kind_idx")',
            'USING btree ("post_id", (LOWER("kind")))',
        ),
        (
            "((c.data -> 'it''s'::text) = '\"x\"'::jsonb)",
            'models.Index(KeyTransform("it\'s", "data"), name="comment_data_idx")',
            "USING btree ((\"data\" -> 'it''s'))",
        ),
        (
            "((c.kind)::text ~~ 'ab%'::text)",
            'models.Index(fields=["kind"], opclasses=["varchar_pattern_ops"], '
            'name="comment_kind_idx")',
            'USING btree ("kind" varchar_pattern_ops)',
        ),
        (
            "((c.post_id = 3) AND (c.body ~~ 'ab%'::text))",
            'models.Index(fields=["post", "body"], opclasses=["int8_ops", "text_pattern_ops"], '
            'name="comment_post_body_idx")',
            'USING btree ("post_id", "body" text_pattern_ops)',
        ),
        (
            "(c.labels && '{a}'::character varying[])",
            'GinIndex(fields=["labels"], name="comment_labels_gin")',
            'USING gin ("labels")',
        ),
        (
            "(upper(c.body) ~~ '%ABC%'::text)",
            'GinIndex(OpClass(Upper("body"), name="gin_trgm_ops"), name="comment_body_gin")',
            'USING gin ((UPPER("body")) gin_trgm_ops)',
        ),
    ],
)
def test_code(condition: str, meta: str, body: str) -> None:
    [candidate] = asked(reading(condition))
    advice = advise(candidate, Names(SCHEMA))
    assert advice.meta == meta
    assert define(candidate).body == body
    assert (advice.model, advice.table) == ("blog.Comment", "blog_comment")


def test_long_names_are_cut_and_known_names_are_not_taken_again() -> None:
    [candidate] = asked(
        reading("((c.post_id = 1) AND (c.author_id = 2) AND (c.created_at > now()))")
    )
    name = advise(candidate, Names(SCHEMA)).name
    assert len(name) <= 30 and name.startswith("comment_post")
    taken = replace(candidate, table=replace(TABLE, index_names=frozenset({name})))
    assert advise(taken, Names(SCHEMA)).name != name


def test_without_a_model_there_is_sql_alone() -> None:
    [candidate] = asked(reading("(c.post_id = 7)"))
    advice = advise(candidate, Names())
    assert (advice.model, advice.meta, advice.migration) == (None, "", "")
    assert advice.sql.startswith('CREATE INDEX CONCURRENTLY "blog_comment_post_id_idx" ON ')


def test_the_plan_stays_as_it_is(plan: Plan | None = None) -> None:
    plan = parse(reading("(c.post_id = 7)"))
    assert candidates(plan, dict.fromkeys(tables_of(plan), TABLE))[0].node is plan.root
