"""One sentence about two traces: what it says, and what it does not claim."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orm_insight.model.trace import DroppedQueries
from orm_insight.reports.comparison import compare
from orm_insight.ui.comparison import differences, verdict
from tests.builders import STARTED_AT, make_frame, make_query, make_site
from tests.reports.comparisons import AUTHOR, POSTS, at, report

TAGS = 'SELECT "id" FROM "blog_tag" WHERE "id" = ?'


def said(before, after, *, ms: tuple[float, float] = (100.0, 100.0), **facts) -> str:
    """The verdict on two traces that took ``ms``."""
    return verdict(
        compare(report(*before, duration_ms=ms[0]), report(*after, duration_ms=ms[1], **facts))
    )


def noticed(before: dict, after: dict) -> list[str]:
    return list(differences(compare(report(at(10), **before), report(at(10), **after))))


def loop(times: int, sql: str = TAGS, line: int = 31) -> list:
    """Statements that a hint tells of: repeated by one stack with other values."""
    frames = make_query().frames
    return [at(line, sql, params=(number,), frames=frames, ms=0.5) for number in range(times)]


def unhinted(times: int, line: int = 31) -> list:
    """Statements of one line of which no hint tells: each comes over a stack of its own."""
    return [
        at(line, AUTHOR, params=(number,), frames=(make_frame(line=number + 1),), ms=0.1)
        for number in range(times)
    ]


def test_nothing_in_either():
    assert said([], []) == "No queries in either trace; about as fast in these two runs."


def test_nothing_to_tell():
    assert said([at(10)], [at(12)]) == "The same queries; about as fast in these two runs."


def test_noise_is_not_told():
    found = said([at(10, ms=5.0)], [at(10, ms=9.8)], ms=(100.0, 190.0))

    assert found == "The same queries; about as fast in these two runs."


def test_slower_outside_of_the_database():
    assert said([at(10)], [at(10)], ms=(20.0, 52.0)) == (
        "The same queries; 32 ms slower in these two runs, none of it in the database."
    )


def test_slower_inside_of_the_database():
    found = said([at(10, ms=5.0)], [at(10, ms=37.0)], ms=(20.0, 52.0))

    assert found == ("The same queries; 32 ms slower in these two runs, all of it in the database.")


def test_slower_on_one_of_several_lines():
    before, after = [at(10, ms=1.0), at(20, AUTHOR, ms=5.0)], [at(10), at(20, AUTHOR, ms=17.0)]

    assert said(before, after, ms=(20.0, 52.0)) == (
        "The same queries; 32 ms slower in these two runs, 12 ms of it in the database; mostly at "
        "/app/blog/views.py:20 in post_list."
    )


def test_slower_although_the_database_was_faster():
    found = said([at(10, ms=9.0)], [at(10, ms=1.0)], ms=(20.0, 52.0))

    assert found == (
        "The same queries; 32 ms slower in these two runs, although 8.0 ms less in the database."
    )


def test_line_of_more_statements():
    assert said([at(10)], [at(10), *unhinted(3)]) == (
        "3 more queries (1 → 4), about as fast in these two runs; "
        "all at /app/blog/views.py:31 in post_list."
    )


def test_line_of_most_of_the_statements():
    after = [at(10), *unhinted(2), at(40, TAGS, ms=0.1)]

    assert "; mostly at /app/blog/views.py:31 in post_list." in said([at(10)], after)


def test_expression_of_a_template():
    site = make_site("/app/list.html", 4, function="post.author", is_template=True)

    assert "; all at /app/list.html:4 (post.author)." in said([], [make_query(AUTHOR, site=site)])


def test_statements_of_no_line():
    assert "; all of SAVEPOINT." in said([], [make_query("SAVEPOINT s1")])


def test_hint_that_is_gone_is_the_cause():
    assert said([at(10), *loop(20)], [at(10)]) == (
        "20 fewer queries (21 → 1), 10 ms less in the database in these two runs; "
        "SELECT blog_tag is no longer repeated in a loop."
    )


def test_hint_that_is_new_is_the_cause():
    assert "; SELECT blog_tag is now repeated in a loop." in said([at(10)], [at(10), *loop(20)])


def test_something_gone_but_something_new():
    before, after = loop(30), loop(10, AUTHOR, line=40)

    assert said(before, after).endswith(
        "; SELECT blog_tag is no longer repeated in a loop, "
        "but SELECT blog_author is now repeated in a loop."
    )


def test_hint_that_explains_little_is_not_the_cause():
    """Most of what is gone are statements of which no hint told."""
    assert said([*loop(4), *unhinted(30, line=90)], []).endswith(
        "; mostly at /app/blog/views.py:90 in post_list."
    )


def test_as_many_but_not_the_same():
    found = said([at(10)], [at(10, TAGS)])

    assert found == (
        "The same number of queries (1), but different ones; about as fast in these two runs; "
        "1 added, 1 removed."
    )


def test_statement_in_other_words():
    assert said([at(10)], [at(10, f"{POSTS} LIMIT 5")]).endswith(
        "; 1 changed, at /app/blog/views.py:10 in post_list."
    )


def test_different_endpoints_are_said_first():
    found = said([at(10)], [at(10)], path="/other/")

    assert found == ("Two different endpoints: the same queries; about as fast in these two runs.")


def test_database_against_the_whole():
    found = said([at(10, ms=50.0), at(20, TAGS)], [at(10, ms=1.0)], ms=(100.0, 300.0))

    assert found.startswith(
        "1 fewer query (2 → 1), 50 ms less in the database, but 200 ms slower in total, "
        "in these two runs; "
    )


def test_what_is_alike_needs_no_notice():
    assert noticed({}, {}) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"started_at": STARTED_AT + timedelta(seconds=1)}, {}, "is the newer trace"),
        ({}, {"status": 500}, "They ended differently: 200 and 500."),
        ({"status": None, "error": "KeyError"}, {"status": None}, "failed and no failure"),
        ({"uses": ()}, {}, "Only one of them is a deep recording"),
    ],
)
def test_what_has_to_be_known_first(before, after, words):
    [notice] = noticed(before, after)

    assert words in notice


def test_statements_that_were_not_kept_are_told():
    dropped = DroppedQueries(sql=POSTS, site=None, alias="default", count=7, total_ms=1.0)

    [notice] = noticed({}, {"dropped": 7, "overflow": (dropped,)})

    assert notice.startswith("After: 7 queries above the limit")
