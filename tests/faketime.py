"""Debian's libfaketime, with which one process lives in another time than the others."""

from __future__ import annotations

from pathlib import Path

from tests.packages import install_packages
from tests.servers import ServerMissing


def faketime_environment() -> dict[str, str]:
    """The environment of a process whose clock is set by ``FAKETIME``."""
    if not (library := _find()) and install_packages("libfaketime"):
        library = _find()
    if library is None:
        raise ServerMissing("Debian's libfaketime cannot be had here: install it, or run as root")
    return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _find() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
