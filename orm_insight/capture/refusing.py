"""A block of our own that may ask no database: whatever it runs, no statement leaves it.

For code of the application that we call on the way. Cursors are what is refused, not statements:
those would be logged, as if they had been executed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from django.db import connections

_MISSING: Any = object()


class QueryRefusedError(Exception):
    """A statement was to be executed where none may be."""


@contextmanager
def queries_refused() -> Iterator[None]:
    """Raise ``QueryRefusedError`` for each statement of this thread."""
    before = [
        (attributes, name, attributes.get(name, _MISSING))
        for attributes in map(vars, connections.all())
        for name in ("cursor", "chunked_cursor")
    ]
    for attributes, name, _ in before:
        attributes[name] = _refuse
    try:
        yield
    finally:
        # What stood there before comes back: tests forbid a database in the same way.
        for attributes, name, value in before:
            if value is not _MISSING:
                attributes[name] = value
            elif attributes.get(name) is _refuse:
                del attributes[name]


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise QueryRefusedError("no query is executed to find out who may see traces")
