"""Whether the server answers with several processes, as far as one of them can know.

WSGI says so. ASGI does not, and Django says "several" to code that expects WSGI: there a worker
looks whether others like it have the same parent. In doubt there is only one.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterator
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

_PROCESSES = Path("/proc")
_NUMBER = re.compile(rb"\d+")


def has_several_processes(request: HttpRequest) -> bool:
    if not isinstance(request, ASGIRequest):
        return bool(request.META.get("wsgi.multiprocess"))
    try:
        return _has_siblings()
    except OSError:
        return _were_asked_for()


def _has_siblings() -> bool:
    """Forked or spawned by the same server, to do the same."""
    parent = os.getppid()
    own = _command(os.getpid())
    if not _is_worker(own, parent):
        return False
    return any(_is_alike(child, own) for child in _children(parent) if child != os.getpid())


def _is_worker(own: bytes, parent: int) -> bool:
    """A shell or a supervisor may start the same twice without being one server."""
    is_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")
    is_spawned = multiprocessing.parent_process() is not None
    return is_gunicorn or is_spawned or _command(parent) == own


def _children(parent: int) -> Iterator[int]:
    for thread in (_PROCESSES / str(parent) / "task").iterdir():
        yield from map(int, (thread / "children").read_bytes().split())


def _is_alike(process: int, own: bytes) -> bool:
    try:
        return _command(process) == own
    except OSError:
        return False


def _command(process: int) -> bytes:
    """But for its numbers: those of pipes differ."""
    return _NUMBER.sub(b"", (_PROCESSES / str(process) / "cmdline").read_bytes())


def _were_asked_for() -> bool:
    """Without ``/proc``: what the environment asked uvicorn and gunicorn for."""
    wanted = os.environ.get("WEB_CONCURRENCY", "")
    is_spawned = multiprocessing.parent_process() is not None
    return is_spawned and wanted.isdecimal() and int(wanted) > 1
