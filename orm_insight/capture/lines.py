"""Whether a frame stands at a line that builds a queryset, and could be changed for it."""

from __future__ import annotations

from types import FrameType

from django.db.models import QuerySet
from django.db.models.manager import BaseManager

from orm_insight.capture.codes import Role, is_application
from orm_insight.capture.lineage import Site


def site_at(frame: FrameType, role: Role) -> Site | None:
    if role is Role.APPLICATION:
        return frame.f_code, frame.f_lasti
    return (frame.f_locals["self"],) if role is Role.TEMPLATE_NODE else None


def is_on_the_way(frame: FrameType, role: Role, owner: FrameType | None) -> bool:
    """Whether this is no line to change: all of a model's queries come by, or a library's do."""
    if role is Role.APPLICATION:
        return is_of_manager(frame)
    if role is Role.TEMPLATE_NODE and owner is not None:
        origin = getattr(frame.f_locals["self"], "origin", None)
        return not is_application(getattr(origin, "name", None) or "<unknown>")
    return False


_ON_THE_WAY = {"get_queryset": BaseManager, "__init__": QuerySet}
"""By their names: methods of the application's managers and querysets that all queries come by."""


def is_of_manager(frame: FrameType) -> bool:
    kind = _ON_THE_WAY.get(frame.f_code.co_name)
    return kind is not None and isinstance(frame.f_locals.get("self"), kind)
