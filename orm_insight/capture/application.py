"""Tells the application's source files from Django, the standard library and installed packages."""

from __future__ import annotations

import re
import sys
import sysconfig
import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

# These are also skipped if they run from a checkout, outside site-packages.
_FRAMEWORKS = ("django", "debug_toolbar", "jinja2", "asgiref", "rest_framework", "psycopg")
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_met_at: dict[str, float] = {}


def met_at(file: str) -> float | None:
    """Return when this process was first seen to run code of the file, in seconds since the epoch.

    A later change of the file does not change the running code.
    """
    return _met_at.get(file)


class ApplicationFiles:
    """The application's files: ``file in files`` is answered once for each file.

    ``packages`` are dotted names of installed packages that count as application code. A
    project that runs from a checkout or an editable installation needs no such entry.
    """

    def __init__(self, packages: Iterable[str] = ()) -> None:
        self._included = tuple(
            folder for package in packages for folder in _folders_of_package(package)
        )
        self._excluded = (
            *_standard_library(),
            *(folder for name in _FRAMEWORKS for folder in _folders_of_package(name)),
            _folder(str(Path(__file__).parent.parent)),
        )
        self._answers: dict[str, bool] = {}

    def __contains__(self, file: str) -> bool:
        answer = self._answers.get(file)
        if answer is None:
            answer = self._answers[file] = self._is_application(file)
            _met_at.setdefault(file, time.time())
        return answer

    def _is_application(self, file: str) -> bool:
        if file.startswith("<"):  # code that a person types into a shell counts
            return not file.startswith(("<frozen", "<attrs", "<__array_function__"))
        if file.startswith(self._included):
            return True
        return not (_INSTALLED.search(file) or file.startswith(self._excluded))


def _standard_library() -> Iterable[str]:
    for name in ("stdlib", "platstdlib"):
        if path := sysconfig.get_path(name):
            yield _folder(path)
            # In a virtual environment the files keep the path of the base installation.
            yield _folder(str(Path(path).resolve()))
    yield _folder(str(Path(sys.base_prefix) / "lib" / f"python3.{sys.version_info.minor}"))


def _folders_of_package(name: str) -> Iterable[str]:
    """Folders of a package, or the file of a module; nothing if it is not installed."""
    try:
        spec = find_spec(name)
    except (ImportError, AttributeError, ValueError):
        return
    if spec is not None and spec.submodule_search_locations:
        yield from map(_folder, spec.submodule_search_locations)
    elif spec is not None and spec.origin:
        yield spec.origin


def _folder(path: str) -> str:
    """Add a separator at the end, so that ``/app/lib`` does not claim ``/app/library``."""
    return str(Path(path)) + ("\\" if "\\" in path else "/")
