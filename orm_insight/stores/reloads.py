"""What the development server's process hands to the next one when it reloads.

A reloader ends its child and starts another, whose memory would be empty: the trace to compare
with would be gone by the very change that it is to be compared for. The child leaves its ring in a
file that the next one takes away. Nothing here may keep a process from ending or starting.
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
"""A change that a receiver has dealt with (of a template, say) is followed by no reload: an end
that comes later has nothing to do with it."""
_MOST_S = 2.0
"""So long may a reload be held up; the oldest of a very large ring are left out."""
_NAME = r"\.?[0-9a-f]+-(?P<process>\d+)\.traces(\.\w+\.tmp)?"


class _State:
    def __init__(self) -> None:
        self.store: MemoryStore | None = None
        self.pid = 0
        self.changed_at: float | None = None


_state = _State()


def is_reloaded() -> bool:
    """Whether this process is the child of a reloader, which would start the next one."""
    if os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
        return True
    # What the server starts by itself inherits the variable.
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true" and "runserver_plus" in sys.argv


def take_over(store: MemoryStore) -> None:
    """Put what the process before has left into the ring of this one, and take away the file."""
    _state.store, _state.pid, _state.changed_at = store, os.getpid(), None
    file_changed.connect(_note_change, dispatch_uid="orm_insight_reloads")
    try:
        path = _path(os.getppid())
        try:
            # Nobody else can have written into the folder: a reload is not to wait for a check.
            most_bytes = store.limits.max_bytes
            held = file.read_ring(path, most_bytes=most_bytes, refuse=_refuse, is_checked=False)
        finally:
            path.unlink(missing_ok=True)
        if held is not None:
            store.take_over(held)
        private_files.sweep(path.parent, _NAME)
    except Exception as error:
        faults.report("take over the traces of before the reload", error)


def hand_on() -> None:
    """At the end of any process: leave the ring where a reload comes, else leave nothing."""
    try:
        if _state.store is None or _state.pid != os.getpid():
            _remove_left_for_children()
        elif _is_reloading():
            ring = file.RingEncoder().encode(_state.store.held(), within_s=_MOST_S)
            file.write_ring(_path(os.getppid()), ring)
    except Exception as error:
        faults.report("hand on the traces before the reload", error)


def forget() -> None:
    """The ring of before is none any longer."""
    _state.store = None


def _note_change(**_: Any) -> None:
    """Of the receivers' answers one that is true prevents the reload: this one is ``None``."""
    _state.changed_at = monotonic()


def _is_reloading() -> bool:
    if os.environ.get(DJANGO_AUTORELOAD_ENV) != "true":
        # Werkzeug does not say why it ends: its own process removes what nobody has taken.
        return True
    return _state.changed_at is not None and monotonic() - _state.changed_at < _MOMENT_S


def _remove_left_for_children() -> None:
    """What a child has left and no other took: the reloader itself ends."""
    folder = private_files.private_name(FOLDER)
    if folder.is_dir() and not folder.is_symlink():
        for path in folder.glob(f"*-{os.getpid()}.traces*"):
            path.unlink(missing_ok=True)


def _refuse(error: Exception) -> None:
    faults.report("take over a trace of before the reload", error)


def _path(reloader: int) -> Path:
    """The same for all children of one reloader, and for no others."""
    base = getattr(settings, "BASE_DIR", "") or os.getcwd()
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    project = sha256(repr((str(base), module, sys.argv[1:])).encode()).hexdigest()[:16]
    # Elsewhere a launcher may stand between the two, another one each time.
    number = reloader if os.name == "posix" else 0
    return private_files.private_folder(FOLDER) / f"{project}-{number}.traces"
