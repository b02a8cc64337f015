"""Long SQL made to be slow: never closed, deeply nested, endlessly repeated.

And the clock for it: CPU time, because other processes only ever add to the time on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

LENGTH = 80_000

REPEATED = (
    "'", "' ", "E'", '"', "`", "$", "$a$b", "/*", "/*/**/", "*/", "-", "--\n", "%(", "%s", ":a",
    "?", "\\", " ", "(", ")", "[", ",", ".", "a.", "1", "1e", "_1", "é", "\0", "IN (", "IN ((",
    "IN (1, ", "IN (1,IN (1)", "ARRAY[", "VALUES (", "VALUES (1), (", "CASE ", "CASE WHEN ",
    "CASE WHEN 1 THEN (", "END ", "- 1", "1, 1 ", "1,'a'x,", "FROM ", "FROM a, ", "FROM (",
    "WITH a AS (", "WITH a, ", "SELECT ",
)  # fmt: skip


def repeated(part: str, length: int) -> str:
    return part * (length // len(part))


def nested_lists(length: int) -> str:
    depth = length // 8
    return "IN (1, " * depth + ")" * depth


def many_dollar_tags(length: int) -> str:
    return "".join(f"$t{number}$" for number in range(length // 8))


def long_dollar_tag(length: int) -> str:
    return "$" + "a" * 500 + "$" + repeated("$" + "a" * 499, length)


def string_of_backslashes(length: int) -> str:
    return "E'" + "\\" * length


def comment_after_an_open_one(length: int) -> str:
    return "/* " + repeated("/* */ '", length)


HOSTILE = [
    *(pytest.param(partial(repeated, part), id=repr(part)) for part in REPEATED),
    nested_lists,
    many_dollar_tags,
    long_dollar_tag,
    string_of_backslashes,
    comment_after_an_open_one,
]


def is_linear(work: Callable[[int], object]) -> bool:
    """Eight times the length takes eight times as long, not 64 times, in one of three attempts."""
    return any(
        cpu_seconds(lambda: work(LENGTH)) < 20 * cpu_seconds(lambda: work(LENGTH // 8)) + 0.02
        for _ in range(3)
    )


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
