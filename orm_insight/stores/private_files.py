"""Files that only their user may read, written whole or not at all.

Other users who may write into the folder gain nothing: no symbolic link is followed, nobody else's
file is read, and only files of this package are replaced. Nothing here knows of traces.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)
_LEFT_BEHIND_S = 60.0
"""Younger files are not swept away: another process may be about to read them."""


class UnsafeFileError(Exception):
    """A file is not read, or not replaced; the message says why."""


def read(path: Path, *, most_bytes: int) -> bytes:
    """The contents of the file, if there is one. Raises ``UnsafeFileError`` or ``OSError``."""
    if path.is_symlink():
        raise UnsafeFileError(f"{path} is a symbolic link.")
    try:
        file = open(os.open(path, _FLAGS), "rb")  # noqa: SIM115  # the flags cannot be given to open()
    except FileNotFoundError:
        return b""
    with file:
        status = os.fstat(file.fileno())
        _check_regular(path, status)
        _check_owner(path, status)
        if status.st_size > most_bytes:
            raise UnsafeFileError(f"{path} is larger than {most_bytes:,} bytes.")
        return file.read(most_bytes)


def write(path: Path, pieces: Iterable[bytes], *, magic: bytes) -> None:
    """Replace the file, which begins with ``magic`` or is empty, if there is one."""
    check_replaceable(path, magic=magic)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.writelines(pieces)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_replaceable(path: Path, *, magic: bytes) -> None:
    """Raises ``UnsafeFileError`` or ``OSError`` where ``write`` would not write."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    _check_regular(path, status)
    with open(os.open(path, _FLAGS), "rb") as file:
        begin = file.read(len(magic))
    if begin not in (b"", magic):
        raise UnsafeFileError(f"{path} contains something else and is left untouched.")


def private_name(name: str) -> Path:
    """The path of this user's ``private_folder``, which may not exist yet."""
    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    return Path(tempfile.gettempdir()) / f"{name}-{user}"


def private_folder(name: str) -> Path:
    """Make a folder of this user's among the temporary files. Raises ``UnsafeFileError``."""
    folder = private_name(name)
    folder.mkdir(mode=0o700, exist_ok=True)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeFileError(f"{folder} is not a folder.")
    _check_owner(folder, status)
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        raise UnsafeFileError(
            f"{folder} is accessible to other users: remove it, or restrict it (0700)."
        )
    return folder


def sweep(folder: Path, pattern: str) -> None:
    """Remove old files whose whole name matches the regular expression ``pattern``.

    Its group ``process``, if it has one, is the id of the process that may still want the file.
    """
    before = time.time() - _LEFT_BEHIND_S
    for entry in os.scandir(folder):
        match = re.fullmatch(pattern, entry.name)
        if match is None or _is_running(int(match.groupdict().get("process") or 0)):
            continue
        # Another process may sweep here at the same time.
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_mtime <= before:
                os.unlink(entry.path)


def temporary_names(name: str) -> str:
    """The pattern for ``sweep`` of files that ``write`` leaves when its process is killed."""
    return rf"\.{re.escape(name)}\.\w+\.tmp"


def _is_running(process: int) -> bool:
    # On Windows the signal 0 is no question: it ends the process.
    if os.name != "posix" or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # It runs, for another user.
    return True


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFileError(f"{path} is not a regular file.")


def _check_owner(path: Path, status: os.stat_result) -> None:
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise UnsafeFileError(f"{path} belongs to another user.")
