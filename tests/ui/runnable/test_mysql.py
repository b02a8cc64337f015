"""Literals for the shells of MySQL and MariaDB."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pymysql
import pytest

from orm_insight.model.trace import REDACTED
from orm_insight.ui.runnable import runnable
from tests.builders import make_query
from tests.ui.runnable.values import TEXT, plain

VALUES = [
    ("it's a \\ 100%", "'it''s a \\\\ 100%'"),
    ("a\0b\n", "'a\\0b\\n'"),
    (None, "NULL"),
    (True, "TRUE"),
    (-3, "-3"),
    (0.1, "0.1e0"),
    (1e300, "1e+300"),
    (Decimal("1.10"), "1.10"),
    (b"\x00'", "_binary X'0027'"),
    (b"", "_binary X''"),
    (date(2024, 2, 29), "'2024-02-29'"),
    (datetime(2024, 7, 1, 12, 0, 0, 7), "'2024-07-01 12:00:00.000007'"),
    (timedelta(hours=-30, seconds=5), "'-29:59:55.000000'"),
]


def copied(*params) -> str:
    statement = f"SELECT {', '.join(['%s'] * len(params))}"
    copies = runnable(make_query(statement, vendor="mysql", params=params))
    assert copies.why_not == ""
    return plain(copies.runnable.markup)


@pytest.mark.parametrize(("value", "literal"), VALUES)
def test_literal(value, literal):
    assert copied(value) == f"SELECT {literal};"


@pytest.mark.parametrize("value", [float("nan"), {1}, [1]])
def test_what_has_no_literal(value):
    copies = runnable(make_query("SELECT %s", vendor="mysql", params=(value,)))

    assert (copies.runnable, copies.why_not[:24]) == (None, "Not available for mysql:")


def test_withheld_values_are_variables():
    assert copied(1, REDACTED) == "-- p2\nSET @p2 = '';\nSELECT 1, @p2;"


def test_server_reads_the_values_as_they_are(mariadb_socket):
    options = {"unix_socket": str(mariadb_socket), "user": "root", "charset": "utf8mb4"}
    values = (TEXT, "a\0b\\", b"\x00\xff'", 0.1, True)
    with pymysql.connect(**options) as server:
        cursor = server.cursor()
        cursor.execute(copied(*values))

        assert cursor.fetchone() == values
