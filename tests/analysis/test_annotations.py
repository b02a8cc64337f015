"""The code that annotates a queryset, for models that the test project does not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orm_insight.analysis.annotations import (
    Subjects,
    aggregate_annotation,
    count_annotation,
    exists_annotation,
)
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.analysis.related_queries import Summary
from orm_insight.model.provenance import Construction, Relation, RelationLoad, ResultSet
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.sql.related import related_statement
from tests.builders import make_query, make_site

POSTS = ResultSet(number=0, model="blog.Post", site=make_site(), rows=3)
LOADED = make_query(
    'SELECT "post"."id" FROM "post"', construction=Construction(model="blog.Post", site=make_site())
)
COMMENTS = RelatedSet(lookup="post", key="pk", table="comment", columns=("post_id",))
COUNT = 'SELECT COUNT(*) AS "__count" FROM "comment" WHERE "comment"."post_id" = %s'
SUM = 'SELECT SUM("comment"."votes") AS "x" FROM "comment" WHERE "comment"."post_id" = %s'


def make_schema(facts: RelatedSet = COMMENTS, *, names: tuple[str, ...] = ()) -> Schema:
    """A post with comments."""
    post = ModelFacts(
        label="blog.Post",
        name="Post",
        table="post",
        pk="id",
        names=frozenset(names),
        sets={"comments": facts},
    )
    comment = ModelFacts(
        label="blog.Comment",
        name="Comment",
        table="comment",
        pk="id",
        columns={"id": "id", "votes": "votes", "post_id": "post"},
        manager="published",
    )
    return Schema(models={"blog.Post": post, "blog.Comment": comment})


def make_summary(
    sql: str = COUNT, facts: RelatedSet = COMMENTS, name: str = "comments", **load: Any
) -> Summary:
    """Two posts ask about their comments."""
    relation = Relation(
        model="blog.Post",
        name=name,
        query_name="comments",
        kind="many",
        related_model="blog.Comment",
    )
    return Summary(
        load=RelationLoad(**{"source": POSTS, "relation": relation, **load}),
        origin=QueryOrigin.COUNT,
        queries=(make_query(sql, parent=1), make_query(sql, parent=2)),
        statement=related_statement(sql),
        facts=facts,
    )


def code_of(write: Any, summary: Summary, schema: Schema, *queries: Any) -> str | None:
    annotation = write(summary, Subjects([summary], queries or (LOADED,), schema))
    return None if annotation is None else annotation.code


def test_nothing_for_a_part_of_the_objects() -> None:
    summary = replace(make_summary(), statement=None)

    for write in (count_annotation, exists_annotation, aggregate_annotation):
        assert code_of(write, summary, make_schema()) is None


def test_nothing_for_rows_reached_over_a_relation() -> None:
    path = (make_summary().relation,)

    assert code_of(count_annotation, make_summary(path=path), make_schema()) is None


def test_nothing_for_rows_of_another_model_than_the_querysets() -> None:
    summary = make_summary(source=replace(POSTS, model="blog.Entry"))

    assert code_of(count_annotation, summary, make_schema()) is None


def test_nothing_where_no_lookup_leads_back() -> None:
    facts = replace(COMMENTS, lookup=None)
    summary, schema = make_summary(facts=facts), make_schema(facts)

    assert code_of(exists_annotation, summary, schema) is None
    assert code_of(count_annotation, summary, schema) == (
        'annotate(comment_count=Count("comments", distinct=True))'
    )


def test_nothing_where_the_model_uses_every_name() -> None:
    schema = make_schema(names=("has_comments", "has_any_comments"))

    assert code_of(exists_annotation, make_summary(), schema) is None


def test_another_name_where_the_model_uses_the_first() -> None:
    schema = make_schema(names=("comment_count", "votes_sum"))

    assert code_of(count_annotation, make_summary(), schema) == (
        'annotate(number_of_comments=Count("comments", distinct=True))'
    )
    assert code_of(aggregate_annotation, make_summary(SUM), schema) == (
        'annotate(comment_votes_sum=Sum("comments__votes"))'
    )


def test_manager_and_key_of_other_names() -> None:
    facts = replace(COMMENTS, key="slug")

    assert code_of(exists_annotation, make_summary(facts=facts), make_schema(facts)) == (
        'annotate(has_comments=Exists(Comment.published.filter(post=OuterRef("slug"))))'
    )


def test_objects_that_may_be_related_twice_are_counted_twice() -> None:
    facts = replace(COMMENTS, is_unique=False)
    code = code_of(count_annotation, make_summary(facts=facts), make_schema(facts))

    assert code is not None
    assert code.startswith("annotate(comment_count=Coalesce(Subquery(Comment.published.filter(")
    assert "distinct" not in code


def test_subquery_where_the_statement_of_the_rows_is_not_known() -> None:
    other = make_query(construction=Construction(model="blog.Other", site=make_site()))
    code = code_of(count_annotation, make_summary(), make_schema(), other)

    assert code is not None
    assert "Subquery" in code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("comments", "comment_count"),
        ("comment_set", "comment_count"),
        ("best_comments", "best_comment_count"),
        ("replies", "replies_count"),
        ("feedback", "feedback_count"),
        ("progress", "progress_count"),
    ],
)
def test_name_of_a_count(name: str, expected: str) -> None:
    summary = make_summary(name=name)
    annotation = count_annotation(summary, Subjects([summary], (LOADED,), make_schema()))

    assert annotation is not None
    assert annotation.keywords[0].name == expected
