"""Numbers and durations as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orm_insight.ui.format import (
    age,
    bytes_size,
    count,
    counted,
    cut,
    duration,
    fitting,
    percent,
    plain,
    printable,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "less than a second"),
        (1, "1 second"),
        (59.4, "59 seconds"),
        (90, "2 minutes"),
        (3_600, "1 hour"),
        (200_000, "2 days"),
    ],
)
def test_age(seconds, text):
    assert age(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (0.004, "0 ms"),
        (0.084, "0.08 ms"),
        (0.999, "1.0 ms"),
        (8.44, "8.4 ms"),
        (9.96, "10 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (12_400, "12 s"),
        (125_000, "2 min 5 s"),
        (7_322_000, "122 min 2 s"),
    ],
)
def test_duration(milliseconds, text):
    assert duration(milliseconds) == text


def test_unknown_duration_is_no_zero():
    assert duration(None) != duration(0)


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "< 1 %"), (0.345, "34 %"), (1, "100 %")]
)
def test_percent(share, text):
    assert percent(share) == text


def test_counts_have_separators_and_plurals():
    assert count(1234) == "1,234"
    assert count(0.25) == "0.25"
    assert count(1_405_234.26) == "1,405,234"
    assert counted(1, "query", "queries") == "1 query"
    assert counted(1234, "hint") == "1,234 hints"


def test_sizes():
    assert [bytes_size(n) for n in (12, 1536, 64 * 2**20)] == ["12 B", "1.5 KiB", "64 MiB"]


def test_a_few_rows_over_the_limit_need_no_button():
    assert fitting(110, 100) == 110
    assert fitting(130, 100) == 100


def test_cut_tells_that_it_cut():
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


def test_characters_that_html_forbids_are_pictured():
    text = printable("a\x00b\x1b[31m\x7f\x85\udc80\ufffe\tok\n")

    assert text == "a␀b␛[31m␡���\tok\n"
    assert text.encode("utf-8")


def test_numbers_as_they_are_typed():
    numbers = (1_000_000, 1_234_567, 10**20, 1.0, 2.5, 1_234_567.5, 0.00001)
    texts = ["1000000", "1234567", "1" + "0" * 20, "1", "2.5", "1234567.5", "0.00001"]

    assert [plain(number) for number in numbers] == texts
    assert [float(text) for text in texts] == list(numbers)
