"""The statements that run on a server now, and waiting for it without sleeping too long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

TIMEOUT_S = 10


def wait_until(is_so: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "It did not come true."
        time.sleep(0.01)


def running_statements(parameters: dict[str, Any] | str, words: str) -> list[str]:
    """The statements with these words that other connections have running."""
    sql = (
        "SELECT query FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
        "AND strpos(query, %s) > 0"
    )
    named = {"conninfo": parameters} if isinstance(parameters, str) else parameters
    facts = {**named, "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**facts, autocommit=True) as connection:
        return [text for (text,) in connection.execute(sql, [words]).fetchall()]
