"""Walks the raw frames of the running code; turns them into frames of source when all is over.

A stack is kept as a number: code object and instruction offset of each frame, the same stack once.
Making a frame visible to Python costs more than reading it, so a stack met before is known by its
landmarks alone: the frames of the application and the nodes of templates. Where the same statement
comes over the same landmarks at the same depths, what lies between them is Django's and other
libraries' way from one to the next, and is taken as it was met first. No frame outlives a walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from sys import _getframe
from threading import Lock
from types import CodeType, FrameType
from typing import Any, TypeAlias

from orm_insight.capture.codes import Role, frame_of, learn, role_of
from orm_insight.capture.sites import site_of, template_frame
from orm_insight.model.trace import Frame, Stack

awaiting: ContextVar[int] = ContextVar("orm_insight_awaiting", default=0)
"""The stack of the coroutine that waits for the code of this thread, as a number of the walker."""

Landmark: TypeAlias = tuple[int, CodeType, int, Any]
"""A frame that tells stacks apart: depth, code, instruction offset, and the node that it renders."""

Known: TypeAlias = tuple[int, int | None, int, tuple[Landmark, ...]]
"""A stack met before: its number, the depth of the frame that issues the statement for the ORM,
the stack that waits for it, and its landmarks, innermost first."""

_ENDS = frozenset({Role.BOUNDARY, Role.THREAD})
_LANDMARKS = frozenset({Role.APPLICATION, Role.TEMPLATE_NODE}) | _ENDS
_STACKS = 16
"""Stacks of one statement that are known by their landmarks; an older one is walked again."""
_STATEMENTS = 1_000
"""Statements whose stacks are known; then all are met anew."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """The frames of one thread, innermost first, and the number of the stack that waits for it.

    Holding codes and nodes keeps their ids from being used again.
    """

    codes: tuple[CodeType, ...] = ()
    offsets: tuple[int, ...] = ()
    nodes: tuple[Any, ...] = ()
    outside: int = 0


class StackWalker:
    """Stacks of one trace. ``walk`` gives a number, ``resolve`` the stack behind it."""

    __slots__ = ("_known", "_lock", "_numbers", "_resolved", "_segments", "_template_frames")

    def __init__(self) -> None:
        self._known: dict[str, tuple[Known, ...]] = {}
        self._numbers: dict[tuple[int, ...], int] = {(): 0}
        self._segments: list[_Segment] = [_Segment()]
        self._resolved: dict[int, tuple[Frame, ...]] = {0: ()}
        self._template_frames: dict[int, Frame] = {}
        self._lock = Lock()

    def recall(self, sql: str) -> Known | None:
        """The stack of a statement, if it was met before."""
        waiting = awaiting.get()
        for known in self._known.get(sql, ()):
            if known[2] == waiting:
                try:
                    for depth, code, offset, node in known[3]:
                        frame = _getframe(depth)
                        if frame.f_code is not code or frame.f_lasti != offset:
                            break
                        if node is not None and frame.f_locals["self"] is not node:
                            break
                    else:
                        return known
                except ValueError:  # the stack is not so deep
                    continue
        return None

    def meet(self, sql: str, frame: FrameType, depth: int, issuer: int | None) -> Known:
        """The stack of a statement that ``recall`` does not know, which it knows from now on.

        ``frame`` is the cursor's, ``depth`` how many frames it is outside of the caller, and
        ``issuer`` the same of the frame that issues the statement for the ORM.
        """
        number, landmarks = self._walk(frame, depth + 1)  # recall() is one frame further inside
        known = number, issuer, awaiting.get(), landmarks
        if len(self._known) >= _STATEMENTS:
            self._known.clear()
        self._known[sql] = (known, *self._known.get(sql, ())[: _STACKS - 1])
        return known

    def walk(self, frame: FrameType) -> int:
        """Number the stack that begins at ``frame``."""
        return self._walk(frame, 0)[0]

    def _walk(self, start: FrameType, depth: int) -> tuple[int, tuple[Landmark, ...]]:
        """The number of a stack and its landmarks, of which the last is where it ends."""
        codes: list[CodeType] = []
        offsets: list[int] = []
        nodes: list[Any] = []
        landmarks: list[Landmark] = []
        outside = awaiting.get()
        frame: FrameType | None = start
        while frame is not None:
            code, offset, outer = frame.f_code, frame.f_lasti, frame.f_back
            role = learn(frame).role
            node = frame.f_locals["self"] if role is Role.TEMPLATE_NODE else None
            if role in _LANDMARKS or outer is None:
                landmarks.append((depth, code, offset, node))
            if role in _ENDS:
                outside = 0 if role is Role.BOUNDARY else outside
                break
            codes.append(code)
            offsets.append(offset)
            if node is not None:
                nodes.append(node)
            frame = outer
            depth += 1
        return self._number_of(codes, offsets, nodes, outside), tuple(landmarks)

    def _number_of(
        self, codes: list[CodeType], offsets: list[int], nodes: list[Any], outside: int
    ) -> int:
        """Threads of one request share a walker; each new stack gets one number."""
        key = (*map(id, codes), *offsets, *map(id, nodes), outside)
        with self._lock:
            number = self._numbers.get(key)
            if number is None:
                segment = _Segment(tuple(codes), tuple(offsets), tuple(nodes), outside)
                self._segments.append(segment)
                number = self._numbers[key] = len(self._segments) - 1
            return number

    def resolve(self, number: int) -> Stack:
        frames = self._frames(number)
        return Stack(frames=frames, site=site_of(frames))

    def _frames(self, number: int) -> tuple[Frame, ...]:
        frames = self._resolved.get(number)
        if frames is None:
            segment = self._segments[number]
            frames = (*self._inner(segment), *self._frames(segment.outside))
            self._resolved[number] = frames
        return frames

    def _inner(self, segment: _Segment) -> Iterator[Frame]:
        nodes = iter(segment.nodes)
        for code, offset in zip(segment.codes, segment.offsets, strict=True):
            yield frame_of(code, offset)
            if role_of(code) is Role.TEMPLATE_NODE:
                yield self._template_frame(next(nodes))

    def _template_frame(self, node: Any) -> Frame:
        """One object for each node, so that equal stacks hold the same frames."""
        frame = self._template_frames.get(id(node))
        if frame is None:
            frame = self._template_frames[id(node)] = template_frame(node)
        return frame
