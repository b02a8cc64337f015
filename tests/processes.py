"""Servers as processes of a test run, started as a user who may run them, ended with a block."""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.packages import is_root

STOP_TIMEOUT_S = 30


class Folder:
    """A temporary folder that belongs to ``user``, who runs what is run in it.

    Servers refuse to run as root. Where the tests are run by root, they are run by the user whom
    the server's package has made, otherwise by whoever runs the tests.
    """

    def __init__(self, user: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="orm-insight-"))
        self._identity: dict[str, Any] = {}
        if is_root():
            found = pwd.getpwnam(user)
            self._identity = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
            shutil.chown(self.path, found.pw_uid, found.pw_gid)

    def write(self, name: str, text: str) -> Path:
        """A file that the server may read."""
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return path

    def run(self, *command: str | Path) -> None:
        """Run a command to its end; what it said is in the error."""
        done = subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, check=False, **self._identity
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    @contextmanager
    def running(
        self, *command: str | Path, ended_by: signal.Signals = signal.SIGINT
    ) -> Iterator[Path]:
        """Run a server until the block ends; yields the file of what it says."""
        log = self.path / "log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command, cwd=self.path, stdout=output, stderr=output, **self._identity
            )
        try:
            yield log
        finally:
            stop(process, ended_by)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def folder_of(user: str) -> Iterator[Folder]:
    folder = Folder(user)
    try:
        yield folder
    finally:
        folder.remove()


def stop(process: subprocess.Popen[bytes], ended_by: signal.Signals = signal.SIGINT) -> None:
    """Ask with a signal on which the server leaves at once but in order; then insist."""
    process.send_signal(ended_by)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
