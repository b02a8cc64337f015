"""PostgreSQL that writes down every statement: what was really asked, whoever has recorded it."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests import servers

MAX_CONNECTIONS = 400
_STATEMENT = re.compile(rb"^LOG:  (?:statement|execute [^:]*): .*?'([a-z_]+-[0-9a-f]{12})'\D*(\d+)")


class Database:
    """A server with two databases, and its log."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._read = 0

    def settings(self, *, pooled: bool = False) -> dict[str, Mapping[str, Any]]:
        """Django's ``DATABASES``; with a pool of connections for each of them in each worker.

        Under ASGI no pool outlives readers that leave: what a cancelled view asks in its thread
        takes a connection that Django never gives back.
        """
        facts = {
            "ENGINE": "django.db.backends.postgresql",
            **servers.connection_settings(self.url),
        }
        if pooled:
            facts["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 16, "timeout": 60}}
        return {"default": facts, "other": {**facts, "NAME": "other"}}

    def log_statements(self, *, on: bool) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET log_statement = '{'all' if on else 'none'}'")
            connection.execute("SELECT pg_reload_conf()")

    def forget(self) -> None:
        """The lines in the log until now count no more."""
        self._read = self._log.stat().st_size

    def asked(self) -> Counter[tuple[str, int]]:
        """Token and number of each statement since ``forget()``."""
        with open(self._log, "rb") as log:
            log.seek(self._read)
            found = map(_STATEMENT.match, log)
            return Counter((match[1].decode(), int(match[2])) for match in found if match)


@contextmanager
def logging_postgres() -> Iterator[Database]:
    """The embedded server, on loopback, with room for the connections of many workers."""
    with tempfile.TemporaryDirectory(prefix="orm-insight-", ignore_cleanup_errors=True) as folder:
        module = servers.embedded("postgres_server")
        server = module.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            servers.relax_durability(server.get_uri())
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"ALTER SYSTEM SET max_connections = {MAX_CONNECTIONS}")
                connection.execute("ALTER SYSTEM SET log_line_prefix = ''")
                connection.execute("CREATE DATABASE other")
            server.stop()
            server.start()
            yield Database(server.get_uri(), server.log)
        finally:
            server.cleanup()
