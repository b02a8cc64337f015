"""What people change while the project runs: limits, and whether anything is recorded at all.

It lies on top of the settings, in this process, or in all that share a store: there it is a board
that a thread of each process reads every two seconds. While the store does not answer, what was
read last holds. No request waits for any of this.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orm_insight import conf, keeping, recording
from orm_insight.capture import faults
from orm_insight.setting_rules import SettingError
from orm_insight.stores.board import Board, UnreadableBoardError, decode_board, encode_board

CHANGEABLE = (
    "on_demand",
    "sample_rate",
    "only_slow_ms",
    "only_with_hints",
    "ignore_paths",
    "max_detailed_queries",
    "max_queries",
)
"""Names of ``Config`` that may be changed: none of them says where traces are or who sees them."""
POLL_S = 2.0


class StoreSilentError(RuntimeError):
    """The store does not answer, so that a change would hold in this process alone."""

    def __init__(self) -> None:
        super().__init__("The store does not answer now: nothing was changed.")


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.board = Board()
        self.data = b""
        self.problem: str | None = None
        self.follower: threading.Thread | None = None
        self.is_over = threading.Event()


_state = _State()
# Threads do not survive a fork: the child follows anew when it first has something to record.
os.register_at_fork(after_in_child=lambda: setattr(_state, "follower", None))


def reset() -> None:
    """What the settings say, and nothing else."""
    with _state.lock:
        _state.is_over.set()
        _state.forget()
        conf.override({})


def board() -> Board:
    """What was changed, as far as this process knows."""
    return _state.board


def problem() -> str | None:
    """What is wrong with the board in the store."""
    return _state.problem


def is_followed() -> bool:
    """Whether a thread of this process reads the board again and again."""
    return _state.follower is not None


def follow() -> None:
    """Have the board read by a thread, where there is a store that others write to."""
    if _state.follower is None and conf.get_config().redis_url is not None:
        _start()


def refresh(is_over: threading.Event | None = None) -> bool:
    """Read the board now; a request of the dashboard does, others never wait for it.

    ``False`` where nobody answers.
    """
    try:
        data = keeping.store().read_board()
    except Exception as error:
        faults.report("read what was changed at run time", error)
        return False
    if data is None:
        return False
    if data != _state.data and not (is_over is not None and is_over.is_set()):
        _take(data)
    return True


def change(values: Mapping[str, Any], *, by: str = "") -> None:
    """Let these values hold, and of all others the settings.

    Raises ``SettingError`` for a value that the setting may not have, ``StoreSilentError`` where
    the others cannot be told; then everything stays as it was.
    """
    checked = {name: conf.checked(name, values[name]) for name in CHANGEABLE if name in values}
    _write(by, values=checked)


def pause(*, by: str = "") -> None:
    """Record nothing from now on, in all processes that share the store.

    Raises ``StoreSilentError`` as ``change`` does, and so does ``resume``.
    """
    _write(by, is_paused=True)


def resume(*, by: str = "") -> None:
    _write(by, is_paused=False)


def _write(by: str, **changes: Any) -> None:
    # Read first: a store that stands still would do later what it was sent now.
    if not refresh():
        raise StoreSilentError
    now = datetime.now(UTC).isoformat(timespec="seconds")
    data = encode_board(replace(_state.board, changed_at=now, changed_by=by, **changes))
    if not keeping.store().write_board(data):
        raise StoreSilentError
    _take(data)


def _take(data: bytes) -> None:
    _state.data = data
    try:
        found = decode_board(data)
    except UnreadableBoardError as error:
        _state.problem = f"What was changed at run time cannot be read: {error}."
        return
    _state.problem = None
    _apply(found)


def _apply(found: Board) -> None:
    """What this version does not know, or may not be, is left out, and said."""
    values: dict[str, Any] = {}
    for name, value in found.values.items():
        try:
            if name in CHANGEABLE:
                values[name] = conf.checked(name, value)
        except SettingError as error:
            _state.problem = f"What was changed at run time is not used: {name.upper()} {error}."
    with _state.lock:
        _state.board = replace(found, values=values)
        conf.override(values)
        recording.pause() if found.is_paused else recording.resume()


def _start() -> None:
    with _state.lock:
        if _state.follower is None:
            _state.is_over = threading.Event()
            _state.follower = threading.Thread(
                target=_follow, args=(_state.is_over,), name="orm_insight board", daemon=True
            )
            _state.follower.start()


def _follow(is_over: threading.Event) -> None:
    refresh(is_over)
    while not is_over.wait(POLL_S):
        refresh(is_over)
