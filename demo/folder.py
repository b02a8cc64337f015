"""The data folder: where it is, whether it may be used, who uses it, how it is emptied.

Only names that the demo itself gives are ever removed from it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.errors import DemoError

if sys.platform != "win32":
    import fcntl

NAME = "orm-insight-demo"
LOCK = "demo.lock"
POSTGRESQL = "postgresql"
SQLITE = "demo.sqlite3"
TRACES = ".traces"
POSTGRESQL_FILES = (POSTGRESQL, f"{POSTGRESQL}{TRACES}")
SQLITE_FILES = (SQLITE, f"{SQLITE}-journal", f"{SQLITE}-wal", f"{SQLITE}-shm", f"{SQLITE}{TRACES}")
OUR_NAMES = {LOCK, *POSTGRESQL_FILES, *SQLITE_FILES}


def default_folder() -> Path:
    """A cache folder of the user: the same one for every checkout."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / NAME
    if configured := os.environ.get("XDG_CACHE_HOME"):
        return Path(configured) / NAME
    if os.geteuid() == 0 and Path("/var/cache").is_dir():
        # The server runs under another account then, which cannot enter root's home.
        return Path("/var/cache") / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME
    return Path.home() / ".cache" / NAME


@contextmanager
def in_use(folder: Path) -> Iterator[Path]:
    """Hold `folder`, created where it is missing, for this process alone."""
    folder = folder.expanduser().absolute()
    _check(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        raise DemoError(
            f"The data folder {folder} cannot be used: {error.strerror}.\n"
            "Choose another folder with --data."
        ) from error
    with lock:
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                raise DemoError(
                    f"Another demo (process {lock.read() or 'unknown'}) uses the folder {folder}.\n"
                    "Stop it first, or choose another folder with --data."
                ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


def _check(folder: Path) -> None:
    try:
        strangers = {path.name for path in folder.iterdir() if not _is_left_over(path.name)}
        strangers -= OUR_NAMES
    except FileNotFoundError:
        return
    except OSError as error:
        raise DemoError(
            f"The data folder {folder} cannot be used: {error.strerror}.\n"
            "Choose another folder with --data."
        ) from error
    if strangers:
        raise DemoError(
            f"The folder {folder} holds other files ({', '.join(sorted(strangers)[:3])}).\n"
            "Choose an empty or a new folder with --data."
        )


def _is_left_over(name: str) -> bool:
    """A file of traces that a demo was killed over; the next one removes it."""
    return name.endswith(".tmp") and f"{TRACES}." in name


def empty(folder: Path, names: Iterable[str]) -> None:
    """Remove what the demo has called by `names`."""
    try:
        for name in names:
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise DemoError(
            f"The old database in {folder} cannot be removed: {error.strerror}.\n"
            "Choose another folder with --data."
        ) from error
