"""Makes the plans on a server: tables once, every statement in a transaction rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.explain.aliases import new_database
from tests.explain.golden import data
from tests.explain.golden.case import Case
from tests.explain.golden.cases import CASES

# Since 16; before it had another name.
RENAMED = {"debug_parallel_query": "force_parallel_mode"}


@contextmanager
def tables(server: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a new database on ``server`` that holds the tables."""
    with (
        new_database(server, "oi_golden") as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        for statement in (*data.TABLES.split(";\n"),):
            connection.execute(statement)
        if has_extension(connection, "file_fdw"):
            connection.execute(data.FOREIGN)
        connection.execute("SET jit = off; SET track_io_timing = on")
        yield connection


def has_extension(connection: psycopg.Connection[Any], name: str) -> bool:
    sql = "SELECT 1 FROM pg_available_extensions WHERE name = %s"
    return connection.execute(sql, [name]).fetchone() is not None


def major_version(connection: psycopg.Connection[Any]) -> str:
    return str(connection.info.server_version // 10_000)


def cases_of(version: str) -> list[Case]:
    return [case for case in CASES if version in case.servers]


def make(connection: psycopg.Connection[Any], case: Case) -> Any:
    """The decoded answer of EXPLAIN. Nothing is left behind."""
    with connection.transaction(force_rollback=True):
        for name, value in case.settings.items():
            if major_version(connection) < "16":
                name = RENAMED.get(name, name)
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        [payload] = connection.execute(
            f"EXPLAIN (FORMAT JSON, {case.options}) {case.sql}"
        ).fetchone()
    return payload


def lacks(payload: Any, case: Case) -> list[str]:
    """The wanted words that the plan does not hold."""
    text = json.dumps(payload)
    return [word for word in case.wanted if word not in text]
