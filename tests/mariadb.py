"""Debian's MariaDB for the tests, reached with PyMySQL, which needs no compiler.

The server lives in a temporary folder, listens on a Unix socket there and ends with its block.
What is missing is installed where this process may. Nothing here knows Django or pytest.
"""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pymysql

from tests.packages import install_packages
from tests.processes import Folder, folder_of
from tests.servers import ServerMissing

PACKAGE = "mariadb-server"
# The user whom Debian's package makes.
USER = "mysql"
START_TIMEOUT_S = 60
DATABASE = "test_orm_insight"
# Nothing is kept, so nothing has to reach a disk.
OPTIONS = (
    "--no-defaults",
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--secure-file-priv=",
)


@contextmanager
def running_mariadb() -> Iterator[Path]:
    """The socket of an empty server with the database ``DATABASE``; ``root`` has no password."""
    if find("mariadbd") is None and not install_packages(PACKAGE):
        raise ServerMissing(f"Debian's {PACKAGE} cannot be had here: install it, or run as root")
    with folder_of(USER) as folder:
        data, listening = f"--datadir={folder.path}/data", f"--socket={folder.path}/socket"
        install = "--auth-root-authentication-method=normal", "--skip-test-db"
        folder.run(str(find("mariadb-install-db")), "--no-defaults", data, *install)
        with folder.running(
            str(find("mariadbd")), *OPTIONS, data, listening, ended_by=SIGTERM
        ) as log:
            yield reachable(folder, log)


@contextmanager
def driver_in_place() -> Iterator[None]:
    """The driver of Django: mysqlclient, or PyMySQL under its name where that is not installed."""
    if find_spec("MySQLdb") is not None:
        yield
        return
    pymysql.install_as_MySQLdb()
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in {"MySQLdb", "_mysql"}]:
            del sys.modules[name]


def connection_settings(path: Path) -> dict[str, Any]:
    """An entry of Django's ``DATABASES``, but for the keys that every entry has."""
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": DATABASE,
        "USER": "root",
        "HOST": str(path),
        "OPTIONS": {"charset": "utf8mb4"},
    }


def find(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/sbin/{name}")


def reachable(folder: Folder, log: Path) -> Path:
    """The socket, as soon as the server answers, with a database behind it."""
    deadline = time.monotonic() + START_TIMEOUT_S
    path = folder.path / "socket"
    while not answers(path):
        if time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"MariaDB does not answer:\n{said}")
        time.sleep(0.05)
    with pymysql.connect(unix_socket=str(path), user="root") as connection:
        connection.cursor().execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    return path


def answers(path: Path) -> bool:
    """Asked without the driver, which leaves sockets open where it fails."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
