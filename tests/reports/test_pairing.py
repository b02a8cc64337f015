"""Which things of before and after belong together."""

from __future__ import annotations

from orm_insight.reports.comparison import Rule, Step, pair_up


def step(rule: Rule) -> Step[str]:
    """Equal are words with the same first letter; ``-`` is not judged."""
    return Step(key=lambda word: None if word == "-" else word[0], rule=rule)


def test_nothing_on_either_side():
    assert pair_up([], [], [step(Rule.ANY)]) == []


def test_without_steps_nothing_belongs_together():
    assert pair_up(["a"], ["a"], []) == [(0, None), (None, 0)]


def test_what_is_not_judged_is_left_over():
    assert pair_up(["-"], ["-"], [step(Rule.ANY)]) == [(0, None), (None, 0)]


def test_one_leaves_what_is_ambiguous():
    assert pair_up(["a1", "a2"], ["a3"], [step(Rule.ONE)]) == [(0, None), (1, None), (None, 0)]
    assert pair_up(["a1", "b"], ["b", "c"], [step(Rule.ONE)]) == [(1, 0), (0, None), (None, 1)]


def test_equal_takes_as_many_in_their_order():
    found = pair_up(["a1", "b", "a2"], ["a3", "a4", "b1", "b2"], [step(Rule.EQUAL)])

    assert found == [(0, 0), (2, 1), (1, None), (None, 2), (None, 3)]


def test_any_takes_what_there_is():
    assert pair_up(["a1", "a2"], ["a3"], [step(Rule.ANY)]) == [(0, 0), (1, None)]


def test_a_step_sees_only_what_the_steps_before_left():
    exact: Step[str] = Step(key=lambda word: word, rule=Rule.ANY)

    assert pair_up(["a1", "a2"], ["a2", "a3"], [exact, step(Rule.ONE)]) == [(1, 0), (0, 1)]
