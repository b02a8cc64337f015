"""Which frame of a stack the user would edit, and where a template's node stands."""

from __future__ import annotations

from typing import Any

from orm_insight.capture.codes import is_application
from orm_insight.model.trace import CallSite, Frame


def site_of(frames: tuple[Frame, ...]) -> CallSite | None:
    """The application's innermost frame."""
    return next((frame for frame in frames if frame.is_application), None)


def template_frame(node: Any) -> Frame:
    """Where a node of a Django template stands in its source."""
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
