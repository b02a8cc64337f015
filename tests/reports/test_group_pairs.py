"""Which statement of before is which of after: first what is no news."""

from __future__ import annotations

import pytest

from orm_insight.model.trace import DroppedQueries
from orm_insight.reports.comparison import Change, Kind, compare
from tests.builders import make_frame, make_query, make_site
from tests.reports.comparisons import AUTHOR, POSTS, at, compared, report

JOINED = (
    'SELECT "id" FROM "blog_post" JOIN "blog_author" ON "blog_author"."id" = "blog_post"."author"'
)


def kinds(before, after) -> list[tuple[str, int, int]]:
    """The fate of each group, with its counts."""
    return [(str(p.kind), *map(int, p.count)) for p in compared(before, after).pairs]


def lines(before, after) -> set[tuple[int | None, int | None]]:
    return {
        (
            pair.before.group.site.line if pair.before else None,
            pair.after.group.site.line if pair.after else None,
        )
        for pair in compared(before, after).pairs
    }


def test_nothing_in_either():
    assert kinds([], []) == []


def test_same_statement_on_the_same_line():
    assert kinds([at(10)], [at(10)]) == [("same", 1, 1)]


def test_line_that_moved():
    assert kinds([at(10)], [at(14)]) == [("same", 1, 1)]


def test_function_that_was_renamed():
    assert kinds([at(10)], [at(10, function="posts")]) == [("same", 1, 1)]


def test_function_that_moved_to_another_file():
    assert kinds([at(10)], [at(3, file="/app/blog/lists.py", function="all")]) == [("same", 1, 1)]


def test_other_values_are_the_same_statement():
    one = at(10, 'SELECT "id" FROM "blog_post" WHERE "id" IN (1, 2)')
    other = at(10, 'SELECT "id" FROM "blog_post" WHERE "id" IN (3)')

    assert kinds([one], [other]) == [("same", 1, 1)]


@pytest.mark.parametrize(
    ("before", "after"),
    [(1.0, 1.1), (0.1, 1.0), (100.0, 190.0), (100.0, 55.0), (5.0, 5.0)],
)
def test_noise_of_a_single_run_is_no_news(before, after):
    assert kinds([at(10, ms=before)], [at(10, ms=after)]) == [("same", 1, 1)]


def test_clearly_different_time_is_news_both_ways():
    fast, slow = at(10, ms=10.0), at(10, ms=21.0)

    assert kinds([fast], [slow]) == [("grew", 1, 1)]
    assert kinds([slow], [fast]) == [("shrank", 1, 1)]


def test_count_decides_before_time():
    assert kinds([at(10, ms=50.0)], [at(10, ms=1.0)] * 2) == [("grew", 1, 2)]
    assert kinds([at(10, ms=1.0)] * 2, [at(10, ms=50.0)]) == [("shrank", 2, 1)]


def test_appeared_and_vanished():
    assert kinds([], [at(10)]) == [("appeared", 0, 1)]
    assert kinds([at(10)], []) == [("vanished", 1, 0)]


def test_same_statement_on_another_database_is_another_one():
    found = kinds([at(10)], [at(10, alias="replica")])

    assert sorted(found) == [("appeared", 0, 1), ("vanished", 1, 0)]


def test_same_statement_in_two_functions_is_not_guessed():
    before = [at(10, function="a"), at(20, function="b")]

    found = kinds(before, [at(30, function="c")])

    assert sorted(kind for kind, _, _ in found) == ["appeared", "vanished", "vanished"]


def test_lines_that_moved_to_where_the_next_one_was():
    before = [*[at(10)] * 50, at(11)]
    after = [*[at(11)] * 50, at(12)]

    assert kinds(before, after) == [("same", 50, 50), ("same", 1, 1)]
    assert lines(before, after) == {(10, 11), (11, 12)}


def test_two_columns_of_one_line_keep_their_order():
    before = [at(10, column=4), *[at(10, column=20)] * 3]
    after = [at(10, column=8), *[at(10, column=30)] * 3]

    assert kinds(before, after) == [("same", 3, 3), ("same", 1, 1)]


def test_one_of_two_lines_is_gone():
    """The one that stayed is known by how often it runs, although it moved."""
    before = [*[at(10)] * 5, at(12)]

    assert kinds(before, [at(9)]) == [("vanished", 5, 0), ("same", 1, 1)]
    assert kinds(before, [at(12)] * 5) == [("vanished", 5, 0), ("grew", 1, 5)]


def test_expressions_of_a_template_are_told_apart():
    def tag(line: int, text: str):
        site = make_site("/app/list.html", line, function=text, is_template=True)
        return make_query(AUTHOR, site=site)

    before = [tag(4, "post.author"), *[tag(5, "post.editor")] * 2]
    after = [tag(5, "post.author"), *[tag(6, "post.editor")] * 2]

    assert kinds(before, after) == [("same", 2, 2), ("same", 1, 1)]


def test_statement_that_got_a_join_has_changed():
    assert kinds([at(10)], [at(12, JOINED)]) == [("changed", 1, 1)]


def test_other_table_or_verb_is_another_statement():
    assert len(kinds([at(10)], [at(10, AUTHOR)])) == 2
    assert len(kinds([at(10)], [at(10, 'UPDATE "blog_post" SET "id" = ?')])) == 2


def test_other_place_is_another_statement():
    assert len(kinds([at(10)], [at(10, JOINED, function="b")])) == 2


def test_change_of_shape_is_not_guessed():
    """Two statements of the same table there: which of them has become the one?"""
    before = [at(10), at(11, f"{POSTS} LIMIT 1")]

    assert len(kinds(before, [at(10, JOINED)])) == 3


def test_what_asks_for_rows_does_not_become_what_counts_them():
    def asked(sql: str, function: str):
        frames = (make_frame("/django/query.py", 1, function=function, is_application=False),)
        return at(10, sql, frames=(*frames, make_frame()))

    rows = asked(POSTS, "QuerySet._fetch_all")
    number = asked('SELECT COUNT(*) FROM "blog_post"', "QuerySet.count")

    assert len(kinds([rows], [number])) == 2
    assert kinds([rows], [asked(JOINED, "QuerySet._fetch_all")]) == [("changed", 1, 1)]


def test_statements_without_a_line():
    begun = [make_query("SAVEPOINT s1"), make_query("SAVEPOINT s2")]

    assert kinds(begun, [make_query("SAVEPOINT s9")]) == [("shrank", 2, 1)]


def test_statements_over_the_limit_are_counted():
    dropped = DroppedQueries(
        sql=AUTHOR, site=make_site(line=11), alias="default", count=40, total_ms=80.0
    )
    found = compare(report(at(10), dropped=40, overflow=(dropped,)), report(at(10)))

    assert [(str(p.kind), *p.count, *p.ms) for p in found.pairs] == [
        ("vanished", 40, 0, 80.0, 0.0),
        ("same", 1, 1, 1.0, 1.0),
    ]
    assert found.queries == Change(41, 1)


def test_largest_difference_comes_first_and_pairs_know_their_numbers():
    before = [at(10), *[at(20, AUTHOR)] * 9]
    found = compared(before, [at(10), at(20, AUTHOR), at(30, 'SELECT "id" FROM "blog_tag"')])

    first = found.pairs[0]
    assert first.kind is Kind.SHRANK
    assert found.before.groups[first.before.number] is first.before.group
    assert found.after.groups[first.after.number] is first.after.group
    assert [p.kind for p in found.pairs] == [Kind.SHRANK, Kind.APPEARED, Kind.SAME]


def test_swapped_traces_tell_the_opposite():
    opposite = {
        "appeared": "vanished",
        "vanished": "appeared",
        "grew": "shrank",
        "shrank": "grew",
        "changed": "changed",
        "same": "same",
    }
    before = [at(10), *[at(11, AUTHOR)] * 5, at(12, "DELETE FROM a"), at(13, "DELETE FROM b")]
    after = [at(10, JOINED), at(11, AUTHOR), at(13, "DELETE FROM b"), at(14, "DELETE FROM c")]

    there, back = kinds(before, after), kinds(after, before)

    assert sorted((opposite[kind], new, old) for kind, old, new in there) == sorted(back)
    assert {kind for kind, _, _ in there} == {"changed", "shrank", "vanished", "same", "appeared"}
