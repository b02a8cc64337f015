"""The role of each code object, learnt once, and its positions as frames.

The registry is keyed by ``id(code)``: hashing a code object costs microseconds. An entry goes
with its code object, so an id is never mistaken for that of another one.
"""

from __future__ import annotations

import weakref
from enum import IntEnum
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from django import db

from orm_insight.capture.application import ApplicationFiles
from orm_insight.capture.library_frames import is_owner, is_place
from orm_insight.model.frames import Frame


class Role(IntEnum):
    """The meaning of a frame that runs this code."""

    LIBRARY = 0
    APPLICATION = 1
    RELATION = 2  # loads a relation or a deferred field of an instance
    TEMPLATE_NODE = 3  # renders one node of a Django template
    BOUNDARY = 4  # calls a view or the next middleware: frames outside are not its callers
    PREFETCH = 5  # loads a prefetch
    OWNER = 6  # builds querysets for a class of the application: a generic view, a ModelAdmin
    THREAD = 7  # runs the code for which a coroutine waits, which is its caller
    ORM = 8  # builds and executes queries: django.db
    PLACE = 9  # serves a declaration of the application: a serializer's field, for instance


class KnownCode:
    """The role of one code object; for a compiled Jinja2 template also the template."""

    __slots__ = ("__weakref__", "_reference", "jinja", "role")

    def __init__(self, code: CodeType, role: Role, jinja: Any) -> None:
        key = id(code)
        self._reference = weakref.ref(code, lambda _: _forget(key))
        self.role = role
        self.jinja = jinja


_known: dict[int, KnownCode] = {}
roles: dict[int, Role] = {}
"""The role alone, by ``id(code)``, for loops that cannot afford a call for each frame."""
plain: set[int] = set()
"""Code of libraries that tells nothing, by ``id(code)``."""
_special: dict[int, tuple[CodeType, Role]] = {}
_application = ApplicationFiles()

_ORM_FOLDER = str(Path(db.__file__).parent)


def _forget(key: int) -> None:
    _known.pop(key, None)
    roles.pop(key, None)
    plain.discard(key)


def configure(application: ApplicationFiles) -> None:
    """Take other files for the application's; all roles are learnt again."""
    global _application
    _application = application
    _known.clear()
    roles.clear()
    plain.clear()
    frame_of.clear()


def declare(code: CodeType, role: Role) -> None:
    """Give a code object of Django a role, whatever its file."""
    _special[id(code)] = (code, role)
    _forget(id(code))


def learn(frame: FrameType) -> KnownCode:
    """The role of this frame's code, found out the first time."""
    code = frame.f_code
    known = _known.get(id(code))
    if known is None:
        jinja = frame.f_globals.get("__jinja_template__")
        known = _known[id(code)] = KnownCode(code, _role_of(code, jinja), jinja)
        roles[id(code)] = known.role
        if known.role in (Role.LIBRARY, Role.ORM):
            plain.add(id(code))
    return known


def role_of(code: CodeType) -> Role:
    """The role of a code object that was learnt or declared before."""
    known = _known.get(id(code))
    return known.role if known is not None else _role_of(code, None)


def is_application(file: str) -> bool:
    return file in _application


def _role_of(code: CodeType, jinja: Any) -> Role:
    if (special := _special.get(id(code))) is not None:
        return special[1]
    file = (jinja.filename or jinja.name or "") if jinja is not None else code.co_filename
    if is_application(file):
        return Role.APPLICATION
    if file.startswith(_ORM_FOLDER):
        return Role.ORM
    if is_place(code):
        return Role.PLACE
    return Role.OWNER if is_owner(code) else Role.LIBRARY


class _FrameCache:
    """Frames by code and instruction offset, so that a position is resolved once.

    Offsets of one call differ as the interpreter specialises it: equal frames are one object.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._cache: dict[tuple[int, int], tuple[CodeType, Frame]] = {}
        self._frames: dict[Frame, Frame] = {}
        self._limit = limit

    def __call__(self, code: CodeType, offset: int) -> Frame:
        """The source position of an instruction. Holding the code keeps its id from reuse."""
        key = (id(code), offset)
        entry = self._cache.get(key)
        if entry is None:
            if len(self._cache) >= self._limit:
                self.clear()
            frame = _resolve(code, offset)
            entry = self._cache[key] = (code, self._frames.setdefault(frame, frame))
        return entry[1]

    def clear(self) -> None:
        self._cache.clear()
        self._frames.clear()


frame_of = _FrameCache()


def _resolve(code: CodeType, offset: int) -> Frame:
    positions = next(islice(code.co_positions(), max(offset, 0) // 2, None), None)
    line, end_line, column, end_column = positions or (None, None, None, None)
    known = _known.get(id(code))
    if known is not None and known.jinja is not None:
        return _resolve_jinja(known.jinja, code, line or code.co_firstlineno)
    return Frame(
        file=code.co_filename,
        line=line or code.co_firstlineno,
        column=column,
        end_line=end_line,
        end_column=end_column,
        function=code.co_qualname,
        is_application=is_application(code.co_filename),
    )


def _resolve_jinja(template: Any, code: CodeType, python_line: int) -> Frame:
    file = template.filename or template.name or code.co_filename
    return Frame(
        file=file,
        line=template.get_corresponding_lineno(python_line),
        function=_jinja_function(code.co_name),
        is_template=True,
        is_application=is_application(file),
    )


def _jinja_function(name: str) -> str:
    """Jinja2 compiles a template's body to ``root`` and its blocks to ``block_<name>``."""
    if name.startswith("block_"):
        return f"block {name.removeprefix('block_')}"
    return "" if name == "root" else name
