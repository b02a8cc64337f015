"""Notes which attributes of model instances are read during deep recordings.

The first of them puts in a few hooks and the last takes them out: ``Model.__getattribute__``, and
the methods of a queryset that count its rows or hand them out. Nothing of an instance changes: its
class, its ``__dict__`` and its values stay as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property as standard_cached_property
from pathlib import Path
from sys import _getframe
from threading import Lock
from types import FrameType
from typing import Any

import django
from django import db
from django.db.models import Model, QuerySet, query, query_utils, sql
from django.db.models.fields import related, related_descriptors, related_lookups
from django.db.models.fields.mixins import FieldCacheMixin
from django.utils.functional import cached_property

from orm_insight import faults
from orm_insight.capture.lineage import KEY, USE
from orm_insight.patching import Patches

EVERYTHING = "__dict__"
"""Noted if somebody takes the values of an instance all at once: to pickle it, for instance."""

_DJANGO = str(Path(django.__file__).parent) + os.sep
_ORM = str(Path(db.__file__).parent) + os.sep
_OURS = str(Path(__file__).parent) + os.sep
_BOOKKEEPING = (
    *(str(module.__file__) for module in (query, query_utils, related, related_descriptors)),
    str(related_lookups.__file__),
    str(Path(sql.__file__).parent) + os.sep,
    str(Path(_DJANGO, "contrib", "contenttypes", "fields.py")),
)
"""Files of Django that ask for keys, and whether relations are there."""
_INNER = {
    EVERYTHING: (_ORM, _OURS),
    "_state": (_DJANGO, _OURS),
    "_prefetched_objects_cache": (_DJANGO, _OURS),
}
"""By the attribute that holds values or related objects: the files that only use it for keeping."""
_count = 0
_lock = Lock()
_patches = Patches()


def begin() -> None:
    """Watch from now on, until there has been an ``end()`` for each ``begin()``."""
    global _count
    with _lock:
        _count += 1
        if _count == 1:
            _patches.replace(Model, "__getattribute__", _hook_attributes)
            for name in ("__iter__", "__aiter__", "__getitem__"):
                _patches.replace(QuerySet, name, _hook_handing_out)
            _patches.replace(QuerySet, "__len__", _hook_length)


def end() -> None:
    global _count
    with _lock:
        _count -= 1
        if _count == 0:
            _patches.undo()


def _hook_attributes(original: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    is_inherited = original is object.__getattribute__

    def __getattribute__(self: Any, name: str) -> Any:
        if name != "_meta":
            try:
                mark = object.__getattribute__(self, "_state").__dict__.get(KEY)
                reads = None if mark is None else mark.reads
                if reads is not None and (read := _what_is_read(name, _getframe(1))):
                    reads.add(read)
            except AttributeError:  # an instance that is being made
                pass
            except Exception as error:
                faults.report("note what is read", error)
        if is_inherited:
            return super(Model, self).__getattribute__(name)
        return original(self, name)

    return __getattribute__


def _what_is_read(name: str, caller: FrameType) -> str | None:
    """The attribute, if it is read by the application or on its behalf, and not by the ORM for its
    own business."""
    code = caller.f_code
    if id(code) in _bookkeeping or code.co_filename.startswith(_BOOKKEEPING):
        return None
    folders = _INNER.get(name)
    if folders is None:
        return None if name.startswith("__") else name
    if not code.co_filename.startswith(folders) or code.co_name == "__getstate__":
        return EVERYTHING
    if code is _GET_CACHED and caller.f_back is not None:
        # A library looks up the related object itself, past its descriptor.
        is_ours = caller.f_back.f_code.co_filename.startswith((_DJANGO, _OURS))
        return None if is_ours else str(caller.f_locals["self"].name)
    return None


def _hook_handing_out(original: Callable[..., Any]) -> Callable[..., Any]:
    def hand_out(self: Any, *args: Any) -> Any:
        rows = original(self, *args)
        use = self.__dict__.get(USE)
        if use is not None:
            use.is_handed_out = True
        return rows

    return hand_out


def _hook_length(original: Callable[..., int]) -> Callable[..., int]:
    def __len__(self: Any) -> int:
        # Here and not in the original: the frame that loads related objects is found by its depth.
        self._fetch_all()
        use = self.__dict__.get(USE)
        if use is not None:
            use.is_counted = True
        return original(self)

    # The names of Django's frames tell which question the application asked.
    code = original.__code__
    renamed: Any = __len__
    renamed.__code__ = renamed.__code__.replace(co_name=code.co_name, co_qualname=code.co_qualname)
    return __len__


_GET_CACHED = FieldCacheMixin.get_cached_value.__code__

_bookkeeping = {
    id(function.__code__)
    for function in (
        Model._get_pk_val,
        getattr(Model, "_is_pk_set", Model._get_pk_val),  # of Django 6
        cached_property.__get__,
        standard_cached_property.__get__,
    )
}
"""Code that reads attributes for its own ends. It lives as long as its functions, so that an id is
never that of another one."""
