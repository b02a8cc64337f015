"""Paths of files as people know them: relative to the project, or to where packages live."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePath

from django.conf import settings

_LIBRARIES = frozenset({"site-packages", "dist-packages"})


def display_path(file: str) -> str:
    """``blog/views.py`` in the project, ``django/db/models/query.py`` in a package."""
    return _display_path(file, _roots(str(getattr(settings, "BASE_DIR", ""))))


@lru_cache(maxsize=16)
def _roots(base: str) -> tuple[str, ...]:
    roots = [os.path.realpath(base)] if base else []
    return (*roots, str(Path.cwd()))


@lru_cache(maxsize=4096)
def _display_path(file: str, roots: tuple[str, ...]) -> str:
    parts = PurePath(file).parts
    for position in range(len(parts) - 1, 0, -1):
        if parts[position] in _LIBRARIES:
            return "/".join(parts[position + 1 :])
    for root in roots:
        if root != os.sep and file.startswith(root + os.sep):
            return file[len(root) + 1 :]
    return file
