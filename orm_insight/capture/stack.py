"""Walks the raw frames of the running code; turns them into frames of source when all is over.

A stack is kept as numbers: code object and instruction offset of each frame, the same stack once.
Making a frame visible to Python costs more than reading it, so two things spare us most of them:

* The frames inside the application's line are those of the ORM and of the template engine. Where
  the same statement comes from the same instruction of the same function, at the same depth, they
  are the same as the last time, and are not looked at.
* While an ordinary frame runs, its callers stand still, so a walk may end at a frame that an
  earlier one met. Such frames are held, lest others take their addresses: a few, not too near the
  statement, until the next walk or the end of the trace. What returns before that lives that much
  longer.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from threading import Lock, get_ident
from types import CodeType, FrameType
from typing import Any

from orm_insight.capture.codes import Role, frame_of, learn, role_of
from orm_insight.capture.sites import site_of, template_frame
from orm_insight.model.trace import Frame, Stack

awaiting: ContextVar[int] = ContextVar("orm_insight_awaiting", default=0)
"""The stack of the coroutine that waits for the code of this thread, as a number of the walker."""

_LONG_WALK = 10
"""After a walk over more frames than this, and than is usual, some are held to end the next."""
_NEAREST = 4
"""They are at least so far from the application's line: what is nearer soon returns."""
_PATIENCE = 4
"""So many walks go by before frames are chosen again."""
_SUSPENDABLE = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
"""Frames of these may be resumed by another caller."""

_SITES = frozenset({Role.APPLICATION, Role.TEMPLATE_NODE})
_NOTHING_HELD: dict[FrameType | None, int] = {None: 0}


class _Codes:
    """The two pieces of code whose frames mean more than a position; there is one of each."""

    template_node: CodeType | None = None
    thread_handler: CodeType | None = None
    node_id = 0
    handler_id = 0


def declare_template_node(code: CodeType) -> None:
    """Frames of this code are told apart by their ``self``, a node of a Django template."""
    _Codes.template_node, _Codes.node_id = code, id(code)


def declare_thread_handler(code: CodeType) -> None:
    """Frames of this code run something in a thread for the coroutine that waits for it."""
    _Codes.thread_handler, _Codes.handler_id = code, id(code)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Frames of a stack as they were walked, innermost first, and the number of what is outside.

    Holding codes and nodes keeps their ids from being used again.
    """

    codes: tuple[CodeType, ...] = ()
    offsets: tuple[int, ...] = ()
    nodes: tuple[Any, ...] = ()
    outside: int = 0


class StackWalker:
    """Stacks of one trace. ``walk`` gives a number, ``resolve`` the stack behind it."""

    __slots__ = (
        "_chances",
        "_held",
        "_innermost",
        "_lock",
        "_numbers",
        "_resolved",
        "_segments",
        "_sites",
        "_template_frames",
        "_thread",
        "_usual",
        "_walks",
    )

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, ...], int] = {(): 0}
        self._segments: list[_Segment] = [_Segment()]
        self._resolved: dict[int, tuple[Frame, ...]] = {0: ()}
        # Of each statement's last site: depth, code, offset and node, and the number of the inside.
        self._sites: dict[str, tuple[int, int, int, Any, int]] = {}
        self._template_frames: dict[int, Frame] = {}
        self._thread = get_ident()
        self._lock = Lock()
        # Frames at which a walk may end, outermost first, with the stack outside of each; and
        # the end of every stack.
        self._held: dict[FrameType | None, int] = {None: 0}
        self._innermost: FrameType | None = None
        self._usual = 0
        self._walks = _PATIENCE
        self._chances = 2

    def number_of(self, sql: str, frame: FrameType, distance: int) -> int:
        """Number the stack of a statement.

        ``frame`` is the cursor's, and ``distance`` how many frames it is outside of the caller.
        """
        # Two calls lie between the caller and _same_site().
        site, inside = self._same_site(sql, distance + 2) or self._find_site(sql, frame)
        outside = awaiting.get() if site is None else self.walk(site.f_back)
        number = self._numbers.get((inside, outside))
        if number is None:
            inner = self._segments[inside]
            whole = _Segment(inner.codes, inner.offsets, inner.nodes, outside)
            number = self._add((inside, outside), whole)
        return number

    def _same_site(self, sql: str, distance: int) -> tuple[FrameType, int] | None:
        """Where this statement came from the last time, if it is there that it comes from now."""
        last = self._sites.get(sql)
        if last is None:
            return None
        depth, code, offset, node, inside = last
        try:
            site = sys._getframe(distance + depth)
        except ValueError:  # the stack is not so deep
            return None
        if id(site.f_code) != code or site.f_lasti != offset:
            return None
        if node is not None and site.f_locals["self"] is not node:
            return None
        return site, inside

    def _find_site(self, sql: str, start: FrameType) -> tuple[FrameType | None, int]:
        """The application's frame, or that of a template's node, and the number of what is inside.

        ``None`` where there is none in this thread.
        """
        frames: list[FrameType] = []
        frame: FrameType | None = start
        role = Role.LIBRARY
        while frame is not None and role not in _SITES:
            role = learn(frame).role
            if role is Role.THREAD:
                break
            frames.append(frame)
            frame = frame.f_back
        ids = [id(each.f_code) for each in frames]
        if role not in _SITES:
            return None, self._number_of_frames(frames, ids, self._nodes_of(frames, ids), 0)
        site = frames[-1]
        nodes = self._nodes_of(frames, ids)
        inside = self._number_of_frames(frames, ids, nodes, 0)
        self._sites[sql] = (
            len(frames) - 1,
            id(site.f_code),
            site.f_lasti,
            nodes[-1] if nodes else None,
            inside,
        )
        return site, inside

    def _number_of_frames(
        self, frames: list[FrameType], ids: list[int], nodes: list[Any], outside: int
    ) -> int:
        offsets = [frame.f_lasti for frame in frames]
        key = (*ids, *offsets, *map(id, nodes), outside)
        number = self._numbers.get(key)
        if number is None:
            for frame in frames:
                learn(frame)
            codes = tuple(frame.f_code for frame in frames)
            segment = _Segment(codes, tuple(offsets), tuple(nodes), outside)
            number = self._add(key, segment)
        return number

    def _add(self, key: tuple[int, ...], segment: _Segment) -> int:
        """Threads of one request share a walker; each new stack gets one number."""
        with self._lock:
            number = self._numbers.get(key)
            if number is None:
                self._segments.append(segment)
                number = self._numbers[key] = len(self._segments) - 1
            return number

    def walk(self, frame: FrameType | None) -> int:
        """Number the stack that begins at ``frame``."""
        is_own_thread = get_ident() == self._thread
        held = self._held if is_own_thread else _NOTHING_HELD
        frames: list[FrameType] = []
        while frame not in held:
            frames.append(frame)  # type: ignore[arg-type]  # None is in held
            frame = frame.f_back  # type: ignore[union-attr]
        if frame is not None:
            frames.append(frame)
        ids = [id(each.f_code) for each in frames]
        if _Codes.handler_id in ids:
            # What is outside of this thread's work is the coroutine that waits for it.
            frame = None
            end = ids.index(_Codes.handler_id)
            del frames[end:], ids[end:]
        outside = held[frame] if frame is not None else awaiting.get()
        nodes = self._nodes_of(frames, ids) if _Codes.node_id in ids else []
        number = self._number_of_frames(frames, ids, nodes, outside)
        if is_own_thread:
            self._prepare_next(frames, frame)
        return number

    def _nodes_of(self, frames: list[FrameType], ids: list[int]) -> list[Any]:
        """The template nodes that the frames render, innermost first."""
        nodes = []
        position = -1
        for _ in range(ids.count(_Codes.node_id)):
            position = ids.index(_Codes.node_id, position + 1)
            nodes.append(frames[position].f_locals["self"])
        return nodes

    def _prepare_next(self, frames: list[FrameType], end: FrameType | None) -> None:
        """Forget what is held inside the end of this walk; after a long one, hold more."""
        if end is not self._innermost:
            self._let_go_inside(end)
        self._walks += 1
        if len(frames) > _LONG_WALK:
            self._shorten(frames, end)

    def _shorten(self, frames: list[FrameType], end: FrameType | None) -> None:
        """Hold frames twice, the second time those of a walk that repeats; again if it grows."""
        length = len(frames)
        if self._walks == 1:
            self._usual = length
        elif self._walks > _PATIENCE:
            if length > self._usual + _NEAREST:
                self._chances = 2
            if self._chances:
                self._chances -= 1
                self._hold(frames[_NEAREST:] if end is None else frames[_NEAREST:-1])

    def _let_go_inside(self, frame: FrameType | None) -> None:
        """Such frames have returned, or are on another stack."""
        held = self._held
        while next(reversed(held)) is not frame:
            held.popitem()
        self._innermost = frame

    def _hold(self, frames: list[FrameType]) -> None:
        """Let the next walk end at one of these frames, where it is still running."""
        for frame in reversed(frames):  # so that each walk here goes only to the one before
            if not frame.f_code.co_flags & _SUSPENDABLE:
                self._walks = 1  # these do not count
                self._held[frame] = self.walk(frame.f_back)
                self._innermost = frame
        self._walks = 0

    def release(self) -> None:
        """Let go of the frames; stacks can still be resolved."""
        self._let_go_inside(None)

    def resolve(self, number: int) -> Stack:
        frames = self._frames(number)
        return Stack(frames=frames, site=site_of(frames))

    def _frames(self, number: int) -> tuple[Frame, ...]:
        frames = self._resolved.get(number)
        if frames is None:
            segment = self._segments[number]
            inner, is_cut = self._inner(segment)
            frames = tuple(inner) if is_cut else (*inner, *self._frames(segment.outside))
            self._resolved[number] = frames
        return frames

    def _inner(self, segment: _Segment) -> tuple[list[Frame], bool]:
        """Frames up to the next view or middleware call, and whether there was one."""
        frames: list[Frame] = []
        nodes = iter(segment.nodes)
        for code, offset in zip(segment.codes, segment.offsets, strict=True):
            if role_of(code) is Role.BOUNDARY:
                return frames, True
            frames.append(frame_of(code, offset))
            if code is _Codes.template_node:
                frames.append(self._template_frame(next(nodes)))
        return frames, False

    def _template_frame(self, node: Any) -> Frame:
        """One object for each node, so that equal stacks hold the same frames."""
        frame = self._template_frames.get(id(node))
        if frame is None:
            frame = self._template_frames[id(node)] = template_frame(node)
        return frame
