"""Work that threads and tasks go on with after the request or block that started them has ended.

Their statements belong to no request any more, least of all to the next one. They are gathered in a
trace of their own, which says what it follows. It is kept anew whenever they have been quiet.
A process that is forked in the middle of a recording is ended in the same way.
"""

from __future__ import annotations

import os
from functools import partial
from time import perf_counter
from typing import Any

from orm_insight.capture.active import active
from orm_insight.capture.recorder import RawQuery, Recorder
from orm_insight.conf import get_config
from orm_insight.pipeline import keep
from orm_insight.recording.live import Recording
from orm_insight.workers import Worker

QUIET_S = 0.25
LONGEST_PAUSE_S = 10.0
_REST = 50
"""The thread rests so many times as long as it has worked."""
_STARTED, _DURATION = map(RawQuery._fields.index, ("started", "duration"))


class FollowUpRecorder(Recorder):
    """A recorder that says when there is something new to keep."""

    __slots__ = ("recording",)

    recording: Recording

    def keep(self, query: tuple[Any, ...]) -> None:
        super().keep(query)
        # It lasts until its last statement, however much later it is kept.
        ended = query[_STARTED] + query[_DURATION] - self.started
        self.recording.duration = max(self.recording.duration or 0.0, ended)
        _keeper.touch(self.recording)


class _Keeper(Worker[Recording]):
    """Keeps recordings that have changed, once they have been quiet for a moment."""

    def touch(self, recording: Recording) -> None:
        if recording.id not in self:
            self.offer(recording, key=recording.id)

    def work_off(self) -> None:
        began = perf_counter()
        super().work_off()
        # A long trace is written whole each time.
        worked_s = perf_counter() - began
        self.delay_s = min(max(QUIET_S, _REST * worked_s), LONGEST_PAUSE_S)


_keeper = _Keeper(
    "keep what follows a trace",
    lambda recording: keep(recording.make()),
    limit=10_000,
    delay_s=QUIET_S,
)
flush = _keeper.flush


def _leave_behind() -> None:
    """A forked process goes on for itself: what was being recorded here ends in its parent."""
    recorder = active.get()
    while recorder is not None:
        recorder.is_over = True
        recorder = recorder.outer


os.register_at_fork(after_in_child=_leave_behind)


def prepare(recording: Recording) -> None:
    """Let threads and tasks that outlast the recording find a trace of their own."""
    recording.recorder.succeed = partial(_successor, recording, [])


def end(recording: Recording) -> None:
    """Let the recording end; threads and tasks that go on are recorded on their own from here.

    Its trace is made once more after statements that are under way at this moment.
    """
    recording.recorder.missed = partial(_keeper.touch, recording)
    recording.end()


def _successor(ended: Recording, made: list[Recorder]) -> Recorder | None:
    if not made:
        recorder = FollowUpRecorder(limit=get_config().max_queries, walker=ended.recorder.walker)
        recorder.vendors.update(ended.recorder.vendors)
        recorder.recording = Recording(
            kind="task",
            name=f"after {ended.name}",
            recorder=recorder,
            redact=ended.redact,
            follows=ended.id,
            span=ended.span,
        )
        made.append(recorder)
    return made[0]
