"""Sends the queries of a test to one of the databases, as in a project that has no other."""

from __future__ import annotations

from typing import Any, ClassVar


class OneDatabase:
    """``alias`` is set by the fixture that puts it into ``DATABASE_ROUTERS``."""

    alias: ClassVar[str] = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self.alias

    db_for_write = db_for_read
