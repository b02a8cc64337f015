"""Hands the ring of a development server's process to the next one when the server reloads.

A reloader ends its child and starts another with an empty memory: the very change that a trace is
to be compared for would make it disappear. The child leaves its ring in a file, which the next one
reads and deletes. Nothing here may keep a process from ending or starting.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV, file_changed

from orm_insight import faults
from orm_insight.imports import late
from orm_insight.stores import private_files

if TYPE_CHECKING:
    from orm_insight.stores import file
    from orm_insight.stores.memory import MemoryStore
else:
    file = late("orm_insight.stores.file")


FOLDER = "orm_insight"
_MOMENT_S = 30.0
"""A change that a receiver has handled (of a template, say) causes no reload: a process that ends
later than this ends for another reason."""
_MOST_S = 2.0
"""A reload is delayed no longer than this; the oldest of a very large ring are left out."""
_NAME = r"\.?[0-9a-f]+-(?P<process>\d+)\.traces(\.\w+\.tmp)?"


class _State:
    def __init__(self) -> None:
        self.store: MemoryStore | None = None
        self.pid = 0
        self.changed_at: float | None = None


_state = _State()


def is_reloaded() -> bool:
    """Return whether this process is the child of a reloader, which would start the next one."""
    if os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
        return True
    # Processes that the server starts by itself inherit the variable.
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true" and "runserver_plus" in sys.argv


def take_over(store: MemoryStore) -> None:
    """Put the traces of the process before into the ring of this one, and delete their file."""
    _state.store, _state.pid, _state.changed_at = store, os.getpid(), None
    file_changed.connect(_note_change, dispatch_uid="orm_insight_reloads")
    try:
        path = _path(os.getppid())
        try:
            # Nobody else can have written into the folder: no check has to delay the reload.
            most_bytes = store.limits.max_bytes
            held = file.read_ring(path, most_bytes=most_bytes, refuse=_refuse, is_checked=False)
        finally:
            path.unlink(missing_ok=True)
        if held is not None:
            store.take_over(held)
        private_files.sweep(path.parent, _NAME)
    except Exception as error:
        faults.report("take over the traces from before the reload", error)


def hand_on() -> None:
    """Leave the ring when the process ends for a reload, else leave nothing."""
    try:
        if _state.store is None or _state.pid != os.getpid():
            _remove_left_for_children()
        elif _is_reloading():
            ring = file.RingEncoder().encode(_state.store.held(), within_s=_MOST_S)
            file.write_ring(_path(os.getppid()), ring)
    except Exception as error:
        faults.report("hand on the traces before the reload", error)


def forget() -> None:
    """Hand on no ring of an earlier store."""
    _state.store = None


def _note_change(**_: Any) -> None:
    """Return ``None``: a receiver that returns something true prevents the reload."""
    _state.changed_at = monotonic()


def _is_reloading() -> bool:
    if os.environ.get(DJANGO_AUTORELOAD_ENV) != "true":
        # Werkzeug does not say why it ends: its own process removes what nobody has taken.
        return True
    return _state.changed_at is not None and monotonic() - _state.changed_at < _MOMENT_S


def _remove_left_for_children() -> None:
    """Delete the file of a child that no other took, when the reloader itself ends."""
    folder = private_files.private_name(FOLDER)
    if folder.is_dir() and not folder.is_symlink():
        for path in folder.glob(f"*-{os.getpid()}.traces*"):
            path.unlink(missing_ok=True)


def _refuse(error: Exception) -> None:
    faults.report("take over a trace from before the reload", error)


def _path(reloader: int) -> Path:
    """The file that all children of one reloader share, and no others."""
    base = getattr(settings, "BASE_DIR", "") or os.getcwd()
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    project = sha256(repr((str(base), module, sys.argv[1:])).encode()).hexdigest()[:16]
    # On Windows a launcher may stand between the two, another one each time.
    number = reloader if os.name == "posix" else 0
    return private_files.private_folder(FOLDER) / f"{project}-{number}.traces"
