"""Statements that a loop has executed are folded; those that came by once are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.analysis.groups import group_queries
from orm_insight.analysis.sequences import fold
from tests.builders import make_query, make_site


def asked(text):
    """A query for each letter, of a line and statement of its own; each takes half of a ms."""
    return [
        make_query(
            f"SELECT {letter} FROM t",
            site=make_site(line=ord(letter)),
            index=at,
            started_ms=float(at),
            duration_ms=0.5,
        )
        for at, letter in enumerate(text)
    ]


def folded(text):
    """The blocks in short: rounds, and how often each letter."""
    queries = asked(text)
    return [
        " ".join([f"{block.rounds}x", *(f"{text[m.first]}{m.count}" for m in block.members)])
        for block in fold(queries, group_queries(queries))
    ]


@pytest.mark.parametrize(
    "text", ["", "A", "ABCD", "ABA", "ABCAB", "ABACAD", "ABCDEFGHIJKLM"], ids=str
)
def test_nothing_is_repeated_as_a_whole(text):
    assert folded(text) == [f"1x {letter}1" for letter in text]


def test_two_equal_neighbours_came_two_times():
    assert folded("AA") == ["2x A2"]


def test_a_statement_in_a_loop_is_one_block():
    assert folded("A" + "B" * 40 + "C") == ["1x A1", "40x B40", "1x C1"]


def test_four_statements_fifty_times():
    assert folded("X" + "ABCD" * 50 + "Y") == ["1x X1", "50x A50 B50 C50 D50", "1x Y1"]


def test_two_rounds_are_enough_if_they_are_equal():
    assert folded("ABAB") == ["2x A2 B2"]
    assert folded("ABCACBD") == ["2x A2 B2 C2", "1x D1"]


def test_a_statement_may_come_more_often_in_one_round_than_in_another():
    assert folded("ABC" + "ABBBC" + "ABBC") == ["3x A3 B6 C3"]


def test_a_statement_may_be_missing_in_a_round():
    assert folded("ABC" + "AC" + "ABC" + "ABC") == ["4x A4 B3 C4"]


def test_a_loop_that_begins_like_another_is_another():
    assert folded("AB" * 5 + "AC" * 5) == ["5x A5 B5", "5x A5 C5"]


def test_what_comes_after_a_loop_is_no_part_of_it():
    assert folded("ABC" * 3 + "A") == ["3x A3 B3 C3", "1x A1"]


@pytest.mark.parametrize("inner", [1, 2, 5, 20])
def test_a_loop_in_a_loop_belongs_to_it(inner):
    text = ("A" + "BC" * inner) * 10

    assert folded(text) == [f"10x A10 B{inner * 10} C{inner * 10}"]


def test_loops_in_a_loop_that_are_not_equally_long():
    text = "".join("A" + "BC" * inner for inner in (8, 1, 6, 13, 2))

    assert folded(text) == ["5x A5 B30 C30"]


def test_a_round_of_twelve_statements():
    assert folded("ABCDEFGHIJKL" * 3)[0].startswith("3x A3 B3")


def test_times_are_those_of_all_its_queries():
    queries = asked("XABAB")

    block = fold(queries, group_queries(queries))[1]

    assert (block.first, block.last, block.count) == (1, 4, 4)
    assert (block.started_ms, block.ended_ms, block.total_ms) == (1.0, 4.5, 2.0)


def test_queries_at_the_same_time():
    site = make_site()
    queries = [
        make_query(index=0, site=site, started_ms=5.0, duration_ms=90.0),
        make_query(index=1, site=site, started_ms=2.0, duration_ms=1.0),
    ]

    (block,) = fold(queries, group_queries(queries))

    assert (block.started_ms, block.ended_ms, block.total_ms) == (2.0, 95.0, 91.0)
    assert block.members[0].slowest == 0


def test_the_same_statement_on_another_database_is_another():
    queries = [make_query(index=0), make_query(index=1, alias="replica")]

    assert len(fold(queries, group_queries(queries))) == 2


LETTERS = st.text("ABCDE", max_size=60)
LOOPS = st.lists(st.tuples(LETTERS, st.integers(1, 6)), max_size=6).map(
    lambda parts: "".join(text * times for text, times in parts)
)


@given(LETTERS | LOOPS)
def test_each_query_is_in_one_block_in_order_and_the_sums_add_up(text):
    queries = asked(text)
    groups = group_queries(queries)

    blocks = fold(queries, groups)

    at = [index for block in blocks for index in range(block.first, block.last + 1)]
    assert at == list(range(len(text)))
    assert sum(block.total_ms for block in blocks) == sum(q.duration_ms for q in queries)
    for block in blocks:
        inside = text[block.first : block.last + 1]
        assert block.rounds <= block.count
        assert {text[m.first]: m.count for m in block.members} == {
            letter: inside.count(letter) for letter in inside
        }
        assert sum(m.total_ms for m in block.members) == block.total_ms
        assert all(groups[m.group].site.line == ord(text[m.first]) for m in block.members)


@given(st.permutations("ABCDEFGH"), st.integers(1, 8), st.integers(2, 30))
def test_any_loop_of_different_statements_is_one_block(letters, length, times):
    text = "".join(letters[:length]) * times

    assert len(folded(text)) == 1
