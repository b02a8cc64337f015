"""Changes while the project runs: the sample rate, a pause, which requests are recorded in depth.

It lies on top of the settings, in this process, or in all that share a store: there it is a board
that a thread of each process reads every two seconds. While the store does not answer, what was
read last holds. No request waits for any of this.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from orm_insight import conf, faults, stores
from orm_insight.conf.rules import SettingError, share
from orm_insight.recording import policy
from orm_insight.workers import Worker

# -- the board: the changes of people, as all processes that share a store read them --------------

VERSION = 2


class UnreadableBoardError(ValueError):
    """The data was not written by this package, or by another version of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Changes of people: ``sample_rate`` replaces that of the settings, where it is not ``None``.

    ``deep`` are the paths whose next request is recorded in depth, each with a ticket of its own:
    who asks again for the same path asks for another recording.

    Readers check the rate: it may come from another version. Times are in ISO format.
    """

    sample_rate: Any = None
    is_paused: bool = False
    deep: Mapping[str, str] = field(default_factory=dict)
    changed_at: str = ""
    changed_by: str = ""


def encode_board(board: Board) -> bytes:
    return json.dumps({"orm_insight": VERSION, **asdict(board)}).encode()


def decode_board(data: bytes) -> Board:
    """Raises ``UnreadableBoardError`` for all data that ``encode_board`` has not made."""
    if not data:
        return Board()
    try:
        content = json.loads(data)
        if content["orm_insight"] != VERSION:
            raise UnreadableBoardError("of another version")
        return Board(
            sample_rate=content["sample_rate"],
            is_paused=content["is_paused"] is True,
            deep={str(path): str(ticket) for path, ticket in content.get("deep", {}).items()},
            changed_at=str(content["changed_at"]),
            changed_by=str(content["changed_by"]),
        )
    except UnreadableBoardError:
        raise
    except Exception as error:
        raise UnreadableBoardError(f"damaged, {type(error).__name__}") from error


# -- changes, and the thread that follows them ----------------------------------------------------

POLL_S = 2.0
_DEEP_PATHS = 20


class StoreSilentError(RuntimeError):
    """The store does not answer, so that a change would hold in this process alone."""

    def __init__(self) -> None:
        super().__init__("The store does not answer: nothing was changed.")


class _State:
    def __init__(self) -> None:
        self.renew()
        self.forget()

    def renew(self) -> None:
        """Make new locks: one that a thread held at a fork is never released in the child.

        The child follows anew when it first has something to record.
        """
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.follower: Worker[object] | None = None

    def forget(self) -> None:
        self.board = Board()
        self.data = b""
        self.problem: str | None = None


_state = _State()
os.register_at_fork(after_in_child=_state.renew)


def reset() -> None:
    """Forget all changes, so that the settings alone hold."""
    with _state.lock:
        if _state.follower is not None:
            _state.follower.stop()
        _state.follower = None
        _state.forget()
        conf.override({})


def board() -> Board:
    """The changes that this process knows."""
    return _state.board


def problem() -> str | None:
    """The problem with the board in the store, for people to read."""
    return _state.problem


def follow() -> None:
    """Have the board read by a thread, where there is a store that others write to."""
    if _state.follower is None and conf.get_config().redis_url is not None:
        with _state.lock:
            if _state.follower is None:
                step = "follow what is changed at run time"
                _state.follower = Worker(step, _look, interval_s=POLL_S)
                _state.follower.offer(None)


def refresh(follower: Worker[object] | None = None) -> bool:
    """Read the board now: requests of the dashboard do, others never wait for it.

    ``False`` where the store does not answer.
    """
    try:
        data = stores.store().read_board()
    except Exception as error:
        faults.report("read what was changed at run time", error)
        return False
    if data is None:
        return False
    if data != _state.data and not (follower is not None and follower.is_stopped):
        _take(data)
    return True


def change_sample_rate(rate: float | None, *, by: str = "") -> None:
    """Record this part of the requests from now on; ``None`` goes back to the settings.

    Raises ``SettingError`` for a rate that the setting may not have, ``StoreSilentError`` where
    the other processes cannot be told; then everything stays as it was.
    """
    _change(by, sample_rate=None if rate is None else share(rate))


def pause(*, by: str = "") -> None:
    """Record nothing from now on, in all processes that share the store.

    Raises ``StoreSilentError`` as ``change_sample_rate`` does, and so do all that follow.
    """
    _change(by, is_paused=True)


def resume(*, by: str = "") -> None:
    _change(by, is_paused=False)


def record_deep_next(path: str) -> None:
    """Let the next request of this path be recorded in depth.

    Only so many paths can wait at a time; the one that has waited longest gives way.
    """

    def add(board: Board) -> Board:
        deep = {**_without(board, path), path: uuid4().hex}
        return replace(board, deep=dict(list(deep.items())[-_DEEP_PATHS:]))

    _write(add)


def forget_deep(path: str) -> None:
    """Take the wish back; nothing happens where the recording has been made already."""
    _write(lambda board: replace(board, deep=_without(board, path)))


def takes_deep(path: str) -> bool:
    """Return whether to record this request in depth; the follower tells the other processes."""
    is_taken = policy.takes_deep(path)
    follower = _state.follower
    if is_taken and follower is not None:
        follower.offer(None, key="taken")
    return is_taken


def _without(board: Board, path: str = "") -> dict[str, str]:
    """The other paths that still wait."""
    return {
        other: ticket
        for other, ticket in board.deep.items()
        if other != path and not policy.has_taken(ticket)
    }


def _change(by: str, **changes: Any) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _write(lambda board: replace(board, changed_at=now, changed_by=by, **changes))


def _write(change: Callable[[Board], Board]) -> None:
    """Two processes that change something in the same moment may undo each other's change."""
    with _state.writing:
        # Read first: a store that hangs would do later what it is sent now.
        if not refresh():
            raise StoreSilentError
        data = encode_board(change(_state.board))
        if not stores.store().write_board(data):
            raise StoreSilentError
        _take(data)


def _take(data: bytes) -> None:
    _state.data = data
    try:
        found = decode_board(data)
    except UnreadableBoardError as error:
        _state.problem = f"The changes made at run time cannot be read: {error}."
        return
    _state.problem = None
    _apply(found)


def _apply(found: Board) -> None:
    """Apply the board; a rate that the setting may not have is left out and becomes a problem."""
    rate = None
    try:
        rate = None if found.sample_rate is None else share(found.sample_rate)
    except SettingError as error:
        _state.problem = f"The change made at run time is not used: SAMPLE_RATE {error}."
    with _state.lock:
        _state.board = replace(found, sample_rate=rate)
        conf.override({} if rate is None else {"sample_rate": rate})
        policy.await_deep(found.deep)
        policy.pause() if found.is_paused else policy.resume()


def _look(_: object) -> None:
    """In the follower's thread, every two seconds and when something was taken."""
    follower = _state.follower
    if follower is not None:
        refresh(follower)
        _take_off(follower)


def _take_off(follower: Worker[object]) -> None:
    """Take paths off the board that this process has recorded in depth; tried until it is done."""
    if follower.is_stopped or not any(map(policy.has_taken, _state.board.deep.values())):
        return
    try:
        _write(lambda board: replace(board, deep=_without(board)))
    except StoreSilentError:
        return
    except Exception as error:
        faults.report("say what was recorded in depth", error)
