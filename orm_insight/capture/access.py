"""Notes which attributes of model instances are read, while somebody records in depth.

A few hooks, put in by the first such recording and taken out after the last: ``__getattribute__``
of ``Model``, and what tells the application about the rows of a queryset or hands them out.
Nothing of an instance changes: its class, its ``__dict__`` and its values stay as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property as standard_cached_property
from functools import partial, wraps
from pathlib import Path
from sys import _getframe
from threading import Lock
from types import CodeType, FrameType
from typing import Any

from django import db
from django.db.models import Model, QuerySet, query
from django.db.models.fields.related import ForeignObject
from django.utils.functional import cached_property

from orm_insight.capture import faults
from orm_insight.capture.lineage import KEY, USE

EVERYTHING = "__dict__"
"""Noted where somebody takes all values of an instance at once: copies or pickles it."""

_INNER = frozenset({"_state", "_meta", "_prefetched_objects_cache"})
_OWN_FOLDERS = tuple(str(Path(f).parent) + os.sep for f in (db.__file__, __file__))
_count = 0
_lock = Lock()
_restore: list[tuple[Any, str, Any, Any]] = []


def begin() -> None:
    """Watch from now on, until there has been an ``end()`` for each ``begin()``."""
    global _count
    with _lock:
        _count += 1
        if _count == 1:
            _replace(Model, "__getattribute__", _hook_attributes)
            _replace(QuerySet, "__iter__", partial(_hook_rows, note="is_handed_out"))
            _replace(QuerySet, "__aiter__", partial(_hook_rows, note="is_handed_out"))
            _replace(QuerySet, "__getitem__", partial(_hook_rows, note="is_handed_out"))
            _replace(QuerySet, "__len__", partial(_hook_rows, note="is_counted"))


def end() -> None:
    global _count
    with _lock:
        _count -= 1
        while _count == 0 and _restore:
            owner, name, original, ours = _restore.pop()
            if owner.__dict__.get(name) is not ours:
                continue  # somebody has put a hook of their own around it
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


def _replace(owner: Any, name: str, hook: Callable[[Any], Any]) -> None:
    original = owner.__dict__.get(name)
    ours = hook(original)
    setattr(owner, name, ours)
    _restore.append((owner, name, original, ours))


def _hook_attributes(original: Callable[[Any, str], Any] | None) -> Callable[[Any, str], Any]:
    def __getattribute__(self: Any, name: str) -> Any:
        if name not in _INNER:
            try:
                mark = object.__getattribute__(self, "_state").__dict__.get(KEY)
                reads = None if mark is None else mark.reads
                if reads is not None and _is_read(name, _getframe(1)):
                    reads.add(name)
            except AttributeError:  # an instance that is being made
                pass
            except Exception as error:
                faults.report("note what is read", error)
        if original is not None:
            return original(self, name)
        return super(Model, self).__getattribute__(name)

    return __getattribute__


def _is_read(name: str, caller: FrameType) -> bool:
    """Whether this is the application's, or on its behalf, and not the ORM's own business."""
    if id(caller.f_code) in _bookkeeping:
        return False
    if name == EVERYTHING:
        code = caller.f_code
        return code.co_name == "__getstate__" or not code.co_filename.startswith(_OWN_FOLDERS)
    return not name.startswith("__")


def _hook_rows(original: Callable[..., Any], note: str) -> Callable[..., Any]:
    @wraps(original)
    def answer(self: Any, *args: Any) -> Any:
        result = original(self, *args)
        use = self.__dict__.get(USE)
        if use is not None:
            setattr(use, note, True)
        return result

    return answer


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)


_bookkeeping = {
    id(code)
    for function in (
        query.prefetch_related_objects,
        query.prefetch_one_level,
        query.get_prefetcher,
        ForeignObject.get_instance_value_for_fields,
        Model._get_pk_val,
        cached_property.__get__,
        standard_cached_property.__get__,
    )
    for code in _with_nested(function.__code__)
}
"""Code that reads attributes for its own ends: it asks for keys, and whether relations are there.
The objects live as long as their functions, so that an id is never that of another one."""
