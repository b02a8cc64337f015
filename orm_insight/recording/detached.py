"""What threads and tasks go on to do after the request or block that started them has ended.

Their statements belong to no request any more, least of all to the next one. They are gathered in a
trace of their own, which says what it follows. It is kept anew whenever they have been quiet.
A process that is forked in the middle of a recording is left behind in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

from orm_insight.capture.active import active
from orm_insight.capture.recorder import RawQuery, Recorder
from orm_insight.conf import get_config
from orm_insight.model.trace import Trace
from orm_insight.pipeline import keep
from orm_insight.recording.session import Recording
from orm_insight.workers import Worker

MakeTrace: TypeAlias = Callable[[], Trace]

QUIET_S = 0.25
LONGEST_PAUSE_S = 10.0
_REST = 50
"""How much longer than it works the thread rests."""
_STARTED, _DURATION = map(RawQuery._fields.index, ("started", "duration"))


class FollowUpRecorder(Recorder):
    """Says when there is something new to keep."""

    __slots__ = ("recording",)

    recording: Recording

    def keep(self, query: tuple[Any, ...]) -> None:
        super().keep(query)
        # It lasts until its last statement, however much later it is kept.
        ended = query[_STARTED] + query[_DURATION] - self.started
        self.recording.duration = max(self.recording.duration or 0.0, ended)
        _keeper.touch(self.recording.id, self.recording.trace)


class _Keeper(Worker[MakeTrace]):
    """Keeps what has changed, once it has been quiet for a moment."""

    def touch(self, id: str, make: MakeTrace) -> None:
        if id not in self:
            self.offer(make, key=id)

    def work_off(self) -> None:
        began = perf_counter()
        super().work_off()
        # What goes on for long is written whole each time.
        worked_s = perf_counter() - began
        self.delay_s = min(max(QUIET_S, _REST * worked_s), LONGEST_PAUSE_S)


_keeper = _Keeper(
    "keep what follows a trace", lambda make: keep(make()), limit=10_000, delay_s=QUIET_S
)
flush = _keeper.flush


def _leave_behind() -> None:
    """A forked process goes on for itself: what was being recorded here ends in its parent."""
    recorder = active.get()
    while recorder is not None:
        recorder.is_over = True
        recorder = recorder.outer


os.register_at_fork(after_in_child=_leave_behind)


def prepare(recording: Recording) -> Recording:
    """Let what the recording will leave behind find a trace of its own."""
    recording.recorder.succeed = partial(_successor, recording, [])
    return recording


def end(recording: Recording, make: MakeTrace) -> None:
    """Let the recording end; what it has left behind is recorded on its own from here.

    ``make`` gives its trace once more, for statements that are under way at this moment.
    """
    recorder = recording.recorder
    recorder.missed = partial(_keeper.touch, recording.id, make)
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
