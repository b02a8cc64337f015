"""Values that are not what their key promises."""

from __future__ import annotations

import pytest

from orm_insight.explain.raw_values import number_of, text_of


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (7, 7.0, "7"),
        (1.5, 1.5, "1.5"),
        ("x", 0.0, "x"),
        (None, 0.0, ""),
        (True, 0.0, "True"),
        ([1], 0.0, "[1]"),
    ],
)
def test_whatever_the_value_is(value, number, text):
    raw = {"key": value}

    assert (number_of(raw, "key"), text_of(raw, "key")) == (number, text)


def test_no_value_at_all():
    assert (number_of({}, "key"), text_of({}, "key")) == (0.0, "")
