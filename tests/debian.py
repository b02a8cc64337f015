"""Debian's packages: PostgreSQL 15 with hypopg, a hot standby of it, PgBouncer in front of it.

Each lives in a temporary folder, listens on a Unix socket there and ends with its block. What is
missing is installed where this process may. Nothing here knows Django or pytest.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.packages import install_packages
from tests.processes import Folder, folder_of
from tests.servers import THROWAWAY_SETTINGS, ServerMissing

VERSION = 15
BINARIES = Path(f"/usr/lib/postgresql/{VERSION}/bin")
HYPOPG = Path(f"/usr/share/postgresql/{VERSION}/extension/hypopg.control")
# The user whom Debian's packages make, and the superuser of the server.
USER = "postgres"
START_TIMEOUT_S = 20
SERVER_SETTINGS = (
    *THROWAWAY_SETTINGS,
    "listen_addresses = ''",
    "unix_socket_directories = '..'",
    "shared_buffers = 32MB",
    "max_connections = 50",
    "max_prepared_transactions = 5",
)
POOLER_SETTINGS = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_port = 5432
listen_addr =
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


@contextmanager
def running_postgres15() -> Iterator[str]:
    """The address of an empty server, to which hypopg can be added; you are its superuser."""
    packages = f"postgresql-{VERSION}", f"postgresql-{VERSION}-hypopg"
    wanted = BINARIES / "postgres", HYPOPG
    if not all(path.exists() for path in wanted) and not install_packages(*packages):
        raise missing(*packages)
    with folder_of(USER) as folder:
        options = ("--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync")
        folder.run(BINARIES / "initdb", f"--username={USER}", *options, "data")
        settings = folder.path / "data" / "postgresql.auto.conf"
        settings.write_text("\n".join([*SERVER_SETTINGS, ""]), encoding="utf-8")
        with running_server(folder) as url:
            yield url


@contextmanager
def running_replica(primary: str) -> Iterator[str]:
    """The address of a hot standby that streams from ``primary``."""
    with folder_of(USER) as folder:
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        folder.run(BINARIES / "pg_basebackup", "-d", primary, *options, "--pgdata=data")
        with running_server(folder) as url:
            yield url


@contextmanager
def running_server(folder: Folder) -> Iterator[str]:
    """The server over the folder ``data``, with its socket beside it."""
    with folder.running(BINARIES / "postgres", "-D", "data") as log:
        yield reachable(f"postgresql://{USER}@/postgres?host={folder.path}", log)


@contextmanager
def running_pgbouncer(server: str) -> Iterator[str]:
    """The address of a pooler in transaction mode in front of ``server``."""
    if find_pgbouncer() is None and not install_packages("pgbouncer"):
        raise missing("pgbouncer")
    with psycopg.connect(server) as connection:
        host = connection.info.host
    with folder_of(USER) as folder:
        text = POOLER_SETTINGS.format(folder=folder.path, host=host)
        settings = folder.write("pgbouncer.ini", text)
        with folder.running(str(find_pgbouncer()), settings) as log:
            yield reachable(f"postgresql://{USER}@/postgres?host={folder.path}", log)


def find_pgbouncer() -> str | None:
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


def missing(*packages: str) -> ServerMissing:
    names = " and ".join(packages)
    return ServerMissing(f"Debian's {names} cannot be had here: install it, or run as root")


def reachable(url: str, log: Path) -> str:
    """``url``, as soon as it answers."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{url} does not answer: {error}\n{said}") from error
            time.sleep(0.1)
        else:
            return url


def wait_for_replay(primary: str, replica: str) -> None:
    """Return when the standby shows everything that the primary has committed."""
    with psycopg.connect(primary) as connection:
        # A record of our own, written at once: the end of the log may be no record's end.
        connection.execute("SET LOCAL synchronous_commit = on")
        message = "SELECT pg_logical_emit_message(true, 'tests', 'now')::text"
        [position] = connection.execute(message).fetchone()
    deadline = time.monotonic() + START_TIMEOUT_S
    with psycopg.connect(replica, autocommit=True) as connection:
        arrived = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        while connection.execute(arrived, [position]).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise RuntimeError(f"The replica did not reach {position}")
            time.sleep(0.02)
