"""A block of our own that may ask no database: whatever it runs, no statement leaves it.

For code of the application that we call on the way. It never changes what is asked outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from django.db import connections


class QueryRefusedError(Exception):
    """A statement was to be executed where none may be."""


@contextmanager
def queries_refused() -> Iterator[None]:
    """Raise ``QueryRefusedError`` for each statement of this thread."""
    watched = connections.all()
    for connection in watched:
        connection.execute_wrappers.append(_refuse)
    try:
        yield
    finally:
        # By identity: a connection that was opened meanwhile has got further wrappers.
        for connection in watched:
            wrappers = connection.execute_wrappers
            connection.execute_wrappers = [w for w in wrappers if w is not _refuse]


def _refuse(*_: Any) -> NoReturn:
    raise QueryRefusedError("no query is executed to find out who may see traces")
