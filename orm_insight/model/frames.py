"""Places in source code: a call site, a frame, a stack.

Lines count from 1; columns count UTF-8 bytes from 0, as in :mod:`ast`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """A place in source code: a line of Python, or of a template.

    ``function`` is the qualified name in Python, the tag or expression in a template.
    The end positions are ``None`` if they are not known. ``is_declaration`` is true for something
    that a library reads and serves: the field of a serializer, a column of the admin.
    """

    file: str
    line: int
    column: int | None = None
    function: str = ""
    is_template: bool = False
    end_line: int | None = None
    end_column: int | None = None
    is_declaration: bool = False

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame(CallSite):
    """One entry of a stack. ``is_application`` tells the user's code from libraries."""

    is_application: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The frames of a query, innermost first, and the one that the user would edit."""

    frames: tuple[Frame, ...] = ()
    site: CallSite | None = None
