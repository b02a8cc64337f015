"""An embedded PostgreSQL server that lives in one folder: start, use, stop.

    with EmbeddedPostgres(folder) as url:
        ...

It listens on a Unix socket only, which nobody but its owner can open. The folder is created
on the first start and reused afterwards; a server that an interrupted run left behind is
taken over. Nothing here knows Django.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from demo.binaries import Binaries, find_binaries, server_account
from demo.errors import DemoError

logger = logging.getLogger(__name__)

SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
# The system's limit is 104 bytes on macOS and 108 on Linux, the final zero included.
LONGEST_SOCKET_PATH = 100
START_TIMEOUT_SECONDS = 60
# Safe for the structure of the data, and quick: the last transactions may be lost in a crash.
SERVER_SETTINGS = {"synchronous_commit": "off"}


class EmbeddedPostgres:
    """One PostgreSQL server in `folder`, with `settings` of ``postgresql.conf`` on top."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        if sys.platform == "win32":
            raise DemoError(
                "The embedded PostgreSQL runs on Linux and macOS.\n"
                "Use --database-url with a server of your own, or --sqlite."
            )
        self.folder = folder.expanduser().absolute()
        if re.search(r"""["$`\\\n]""", str(self.folder)):
            # pg_ctl hands the path to a shell, in double quotes and without escaping it.
            raise DemoError(
                f"PostgreSQL cannot be started in a folder with such a name: {self.folder}\n"
                "Choose another folder with --data."
            )
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._settings = SERVER_SETTINGS | dict(settings or {})
        self._binaries: Binaries | None = None

    def __enter__(self) -> str:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: the data folder itself, unless its path is too long for one."""
        path = str(self.folder / SOCKET_NAME)
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./-]+", path):
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"oi-{digest}"

    def url(self, database: str = "postgres") -> str:
        query = urlencode({"host": str(self.socket_folder)})
        return f"postgresql://{SUPERUSER}@/{database}?{query}"

    def start(self) -> str:
        """Start the server, creating its data where there are none; the address of it."""
        _own_folder(self.folder)
        binaries = self._find_binaries()
        if not self.data.exists():
            self._initialise(binaries)
        self._check_data(binaries)
        if not self._answers(binaries):
            _own_folder(self.socket_folder)
            self._launch(binaries)
        return self.url()

    def stop(self) -> None:
        """Stop the server where it runs; clients are disconnected."""
        if (self.data / "postmaster.pid").exists():
            binaries = self._find_binaries()
            for mode in ("fast", "immediate"):
                stopped = binaries.run("pg_ctl", "stop", "-D", str(self.data), "-w", "-m", mode)
                if stopped.returncode == 0 or not self._answers(binaries):
                    break
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _find_binaries(self) -> Binaries:
        if self._binaries is None:
            self._binaries = find_binaries(self.folder / "programs")
        return self._binaries

    def _initialise(self, binaries: Binaries) -> None:
        """Create the data beside their final place, so that an interruption leaves no ruin."""
        unfinished = self.data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        created = binaries.run(
            *("initdb", "--pgdata", str(unfinished), "--username", SUPERUSER),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        if created.returncode != 0:
            raise _failure("PostgreSQL could not create its data", self.folder, created)
        unfinished.rename(self.data)

    def _check_data(self, binaries: Binaries) -> None:
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except OSError:
            version = ""
        if not version or not (self.data / "global" / "pg_control").exists():
            raise DemoError(
                f"The database in {self.data} is incomplete.\n"
                "Start with --reset to create it again, or choose another folder with --data."
            )
        if version != str(binaries.major):
            raise DemoError(
                f"The database in {self.data} was made by PostgreSQL {version}; "
                f"installed is PostgreSQL {binaries.major}.\n"
                "Start with --reset to create it again, or choose another folder with --data."
            )

    def _answers(self, binaries: Binaries) -> bool:
        # Not `pg_ctl status`: after a reboot it takes any process with the old id for ours.
        ready = binaries.run("pg_isready", "--quiet", "--host", str(self.socket_folder))
        return ready.returncode == 0

    def _launch(self, binaries: Binaries) -> None:
        settings = self._settings | {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
        }
        options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())
        started = binaries.run(
            *("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-o", options),
            *("-w", "-t", str(START_TIMEOUT_SECONDS)),
        )
        if started.returncode != 0:
            raise DemoError(
                f"PostgreSQL does not start with the database in {self.data}.\n"
                f"{_last_line(self.log)}\n"
                "Start with --reset to create it again, or choose another folder with --data."
            )


def _own_folder(folder: Path) -> None:
    """Make `folder` exist, private to the account that the server runs under."""
    account = server_account()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
            _make_reachable(folder)
        if folder.stat().st_uid != (account.uid if account else os.geteuid()):
            raise PermissionError(f"{folder} belongs to another account")
        folder.chmod(0o700)
    except OSError as error:
        raise DemoError(
            f"The folder {folder} cannot be used for the database: {error.strerror or error}.\n"
            "Start with --reset to create it again, or choose another folder with --data."
        ) from error


def _make_reachable(folder: Path) -> None:
    """Let the server's account pass through the folders above (not read them)."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
            logger.warning("%s: made passable for the account of PostgreSQL (chmod o+x)", parent)


def _failure(what: str, folder: Path, command: subprocess.CompletedProcess[str]) -> DemoError:
    reason = (command.stderr.strip() or command.stdout.strip() or "no reason given").splitlines()
    return DemoError(f"{what} in {folder}: {reason[-1]}\nChoose another folder with --data.")


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "Its log cannot be read."
    return lines[-1] if lines else "Its log is empty."
