"""Debian packages for what the tests need beside Python: a browser, a second server, a pooler."""

from __future__ import annotations

import os
import shutil
import subprocess

TIMEOUT_S = 600


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
    # Another run may be installing at this moment.
    waiting = ("-o", "DPkg::Lock::Timeout=300")
    succeeds("apt-get", "update")
    return succeeds("apt-get", *waiting, "install", "--yes", "--no-install-recommends", *names)
