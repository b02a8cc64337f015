"""Walks the raw frames of the running code; turns them into frames of source when all is over.

A stack is kept as a number: code object and instruction offset of each frame, the same stack once.
Making a frame visible to Python costs more than reading it, so a stack met before is known by its
landmarks alone: the frames of the application and the nodes of templates. If the same statement
comes over the same landmarks at the same depths, the frames between them belong to Django and other
libraries, and are taken as they were met first. No frame outlives a walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from operator import attrgetter, itemgetter
from sys import _getframe
from threading import Lock
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from orm_insight.capture.code_roles import Role, frame_of, is_application, learn, role_of
from orm_insight.capture.declarations import declared_frame
from orm_insight.capture.library_frames import Place, key_at, place_at
from orm_insight.model.frames import Frame, Stack
from orm_insight.model.provenance import Narrowing, Relation

awaiting: ContextVar[int] = ContextVar("orm_insight_awaiting", default=0)
"""The stack of the coroutine that waits for the code of this thread, as a number of the walker."""

_Position: TypeAlias = tuple[CodeType, int]
"""Code and instruction offset of a frame."""


class Known(NamedTuple):
    """A statement and its stack as met before, and the landmarks by which they are known.

    ``issuer`` is the depth, from the caller of ``recall``, of the frame that executes the statement
    for the ORM. ``relation`` is the relation of a single object that is loaded, ``narrowing`` the
    question to a related manager that a prefetch would not serve. The other depths count from
    ``recall``: the frames of the application, those that render nodes, and, if it is not 0, the
    library's frame that serves a declaration of the application, which ``served`` names.
    """

    sql: str
    number: int
    issuer: int | None
    relation: Relation | None
    narrowing: Narrowing | None
    outside: int
    depths: list[int]
    positions: list[_Position]
    node_depths: list[int]
    nodes: list[Any]
    place_depth: int = 0
    served: Any = None


_position_of = attrgetter("f_code", "f_lasti")
_locals_of = attrgetter("f_locals")
_self_of = itemgetter("self")
_ENDS = frozenset({Role.BOUNDARY, Role.THREAD})
_TELLING = _ENDS | {Role.APPLICATION}
_SITES = frozenset({Role.APPLICATION, Role.TEMPLATE_NODE})
_STACKS = 16
"""Stacks of one statement that are known by their landmarks; an older one is walked again."""
_STATEMENTS = 1_000
"""Statements whose stacks are known; then all are met anew."""
_BY_KEY = Narrowing(order_by=("pk",))
"""How Strawberry orders related objects that it asks for; it takes prefetched ones as well."""


class _Segment(NamedTuple):
    """The frames of one thread, innermost first, and the number of the stack that waits for it.

    ``place`` is the number of a frame, and the declaration that it serves. Holding codes and nodes
    keeps their ids from being used again.
    """

    codes: tuple[CodeType, ...] = ()
    offsets: tuple[int, ...] = ()
    nodes: tuple[Any, ...] = ()
    outside: int = 0
    place: tuple[int, Place] | None = None


class StackWalker:
    """Stacks of one trace. ``walk`` gives a number, ``resolve`` the stack with that number."""

    __slots__ = ("_known", "_lock", "_numbers", "_resolved", "_segments", "_template_frames")

    def __init__(self) -> None:
        self._known: dict[str, tuple[Known, ...]] = {}
        self._numbers: dict[tuple[Any, ...], int] = {(): 0}
        self._segments: list[_Segment] = [_Segment()]
        self._resolved: dict[int, tuple[Frame, ...]] = {0: ()}
        self._template_frames: dict[int, Frame] = {}
        self._lock = Lock()

    def recall(self, sql: str) -> Known | None:
        """The stack of a statement, if it was met before.

        Every query comes here, so the loops over frames are those of ``map``.
        """
        for known in self._known.get(sql, ()):
            _, _, _, _, _, outside, depths, positions, node_depths, nodes, place, served = known
            try:
                if (
                    list(map(_position_of, map(_getframe, depths))) == positions
                    and list(map(_self_of, map(_locals_of, map(_getframe, node_depths)))) == nodes
                    and awaiting.get() == outside
                    and (not place or key_at(_getframe(place)) == served)
                ):
                    return known
            except (ValueError, KeyError):  # the stack is not so deep, or has no node there
                continue
        return None

    def meet(
        self,
        sql: str,
        frame: FrameType,
        depth: int,
        issuer: int | None = None,
        relation: Relation | None = None,
        narrowing: Narrowing | None = None,
        *,
        is_short: bool = False,
    ) -> Known:
        """The stack of a statement that ``recall`` does not know, which it knows from now on.

        ``frame`` is the cursor's, ``depth`` how many frames it is outside of the one that calls
        ``recall``. A short stack ends at the first frame of the application.
        """
        known = self._walk(frame, depth + 1, is_short=is_short)
        if narrowing == _BY_KEY:
            site = self.resolve(known.number).site
            if site is not None and site.is_declaration:
                narrowing = None
        known = known._replace(sql=sql, issuer=issuer, relation=relation, narrowing=narrowing)
        if len(self._known) >= _STATEMENTS:
            self._known.clear()
        self._known[sql] = (known, *self._known.get(sql, ())[: _STACKS - 1])
        return known

    def walk(self, start: FrameType) -> int:
        """Number the stack that begins at ``start``."""
        return self._walk(start, 0).number

    def _walk(self, start: FrameType, depth: int, *, is_short: bool = False) -> Known:
        codes: list[CodeType] = []
        offsets: list[int] = []
        outside = awaiting.get()
        known = Known("", 0, None, None, None, outside, [], [], [], [])
        frame: FrameType | None = start
        place: tuple[int, Place] | None = None
        while frame is not None:
            code, offset, outer = frame.f_code, frame.f_lasti, frame.f_back
            role = learn(frame).role
            if role is Role.TEMPLATE_NODE:
                known.node_depths.append(depth)
                known.nodes.append(frame.f_locals["self"])
            elif role in _TELLING or outer is None:
                known.depths.append(depth)
                known.positions.append((code, offset))
            elif (
                role is Role.PLACE and place is None and (served := place_at(frame, is_application))
            ):
                place = len(codes), served
                known = known._replace(place_depth=depth, served=key_at(frame))
            if role is Role.BOUNDARY:
                outside = 0
            if role in _ENDS:
                break
            codes.append(code)
            offsets.append(offset)
            if is_short and role in _SITES:
                outside = 0
                break
            frame = outer
            depth += 1
        segment = _Segment(tuple(codes), tuple(offsets), tuple(known.nodes), outside, place)
        return known._replace(number=self._number_of(segment))

    def _number_of(self, segment: _Segment) -> int:
        """Threads of one request share a walker; each new stack gets one number."""
        codes, offsets, nodes, outside, place = segment
        key = (*map(id, codes), *offsets, *map(id, nodes), outside, place)
        with self._lock:
            number = self._numbers.get(key)
            if number is None:
                self._segments.append(segment)
                number = self._numbers[key] = len(self._segments) - 1
            return number

    def resolve(self, number: int) -> Stack:
        """The frames of a stack; its site is the application's innermost one."""
        frames = self._frames(number)
        site = next((frame for frame in frames if frame.is_application), None)
        return Stack(frames=frames, site=site)

    def _frames(self, number: int) -> tuple[Frame, ...]:
        frames = self._resolved.get(number)
        if frames is None:
            segment = self._segments[number]
            frames = (*self._inner(segment), *self._frames(segment.outside))
            self._resolved[number] = frames
        return frames

    def _inner(self, segment: _Segment) -> Iterator[Frame]:
        nodes = iter(segment.nodes)
        number, served = segment.place or (-1, None)
        for position, (code, offset) in enumerate(zip(segment.codes, segment.offsets, strict=True)):
            yield frame_of(code, offset)
            if served is not None and position == number:
                yield declared_frame(*served)
            if role_of(code) is Role.TEMPLATE_NODE:
                yield self._template_frame(next(nodes))

    def _template_frame(self, node: Any) -> Frame:
        """One object for each node, so that equal stacks hold the same frames."""
        frame = self._template_frames.get(id(node))
        if frame is None:
            frame = self._template_frames[id(node)] = template_frame(node)
        return frame


def template_frame(node: Any) -> Frame:
    """The position of a Django template's node in its source."""
    token = getattr(node, "token", None)
    origin = getattr(node, "origin", None)
    file = getattr(origin, "name", None) or "<template>"
    return Frame(
        file=file,
        line=getattr(token, "lineno", None) or 1,
        function=getattr(token, "contents", None) or type(node).__name__,
        is_template=True,
        is_application=is_application(file) if file != "<unknown source>" else True,
    )
