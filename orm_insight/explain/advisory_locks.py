"""Advisory locks that a measured statement takes by a function of the project.

Such a lock belongs to the session: a rollback leaves it, and behind a pooler the session lives on
and serves somebody else. So it is released within the transaction that took it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

HELD = """
SELECT count(*) FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid()
"""


@contextmanager
def released(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The block's own locks end with it; those that the session had before are left alone.

    A savepoint keeps the transaction usable where the block fails.
    """
    had_locks = _has_locks(connection)
    try:
        with connection.transaction():
            yield
    finally:
        if not had_locks and not connection.closed and _has_locks(connection):
            psycopg.Cursor(connection).execute("SELECT pg_catalog.pg_advisory_unlock_all()")


def _has_locks(connection: psycopg.Connection[Any]) -> bool:
    row = psycopg.Cursor(connection).execute(HELD).fetchone()
    return row is not None and row[0] > 0
