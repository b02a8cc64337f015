"""Debian packages for what the tests need beside Python: a browser, a second server, a pooler."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT_S = 600
LOCK = Path(tempfile.gettempdir()) / "orm-insight-tests-install.lock"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One of all test runs on this machine installs, while the others wait for what it brings."""
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def succeeds(*command: str) -> bool:
    """Run a command that may take long; whether it ended well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S, env=environment)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def install_packages(*names: str) -> bool:
    """Install from the system's archive, where this process may do so at all."""
    if not is_root() or not shutil.which("apt-get"):
        return False
    with one_at_a_time():
        if succeeds("dpkg", "--status", *names):
            return True
        # Something else than a test run may be installing at this moment.
        install = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "--yes")
        succeeds("apt-get", "update")
        return succeeds(*install, "--no-install-recommends", *names)
