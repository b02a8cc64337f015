"""Positions in time as shapes, which never leave the frame."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from orm_insight.ui.time_components import Timescale


def test_nothing_ran():
    assert Timescale(100.0).path([]) == ""


def test_a_span_stands_where_it_was():
    assert Timescale(100.0).path([(50.0, 75.0)]) == "M500 0h250v10h-250z"


def test_neighbours_become_one_shape():
    spans = [(n / 10, n / 10 + 0.1) for n in range(1000)]

    assert Timescale(100.0).path(spans) == "M0 0h1000v10h-1000z"


def test_what_is_short_is_still_seen():
    assert Timescale(1000.0).path([(0.0, 0.001), (1000.0, 1000.0)]) == (
        "M0 0h2v10h-2zM998 0h2v10h-2z"
    )


def test_a_pause_is_a_line_between_two_ends():
    assert Timescale(100.0).bracket(10.0, 30.0) == "M100 2v6M100 5H300M300 2v6"


def test_ticks_are_round_times():
    ticks = Timescale(143.0).ticks()

    assert [tick.label for tick in ticks] == ["0 ms", "50 ms", "100 ms"]
    assert [tick.x for tick in ticks] == ["0.00%", "34.97%", "69.93%"]
    assert Timescale(143.0).grid() == "M0 0v10M350 0v10M699 0v10"


def test_texts_at_the_edges_stay_inside():
    assert [tick.anchor for tick in Timescale(100.0).ticks()] == [
        "start",
        *["middle"] * 4,
        "end",
    ]


TIMES = st.floats(-50, 1e6, allow_nan=False)


@given(st.floats(1e-3, 1e5), st.lists(st.tuples(TIMES, TIMES).map(sorted), max_size=30))
def test_shapes_stay_inside_the_frame(whole, spans):
    scale = Timescale(whole)

    for begin, width in re.findall(r"M(\d+) 0h(\d+)v10h-\d+z", scale.path(spans)):
        assert 0 <= int(begin) < int(begin) + int(width) <= 1000
    assert scale.path(spans).count("M") == len(re.findall(r"M\d+ 0h\d+v", scale.path(spans)))
    assert 2 <= len(scale.ticks()) <= 7
