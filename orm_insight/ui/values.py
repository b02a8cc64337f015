"""Parameters as text: their Python form, huge ones cut with their length told."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from orm_insight.model.trace import Params, Redacted
from orm_insight.ui.contexts import Parameter
from orm_insight.ui.format import counted, cut

MAX_PARAMETERS = 100
_MAX_TEXT = 300

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _MAX_TEXT
_REPR.maxlist = _REPR.maxtuple = _REPR.maxset = _REPR.maxdict = 20
_REPR.maxlevel = 4


def parameters(params: Params) -> tuple[Parameter, ...]:
    """The first parameters, named by their key or by their position from 1."""
    return tuple(_parameter(name, value) for name, value in islice(_named(params), MAX_PARAMETERS))


def _named(params: Params) -> Iterator[tuple[str, Any]]:
    if isinstance(params, Mapping):
        yield from ((str(name), value) for name, value in params.items())
    elif params is not None:
        yield from ((str(number), value) for number, value in enumerate(params, start=1))


def _parameter(name: str, value: Any) -> Parameter:
    is_withheld = isinstance(value, Redacted)
    return Parameter(
        name=cut(name, 80),
        text="withheld" if is_withheld else _text(value),
        type="" if is_withheld else type(value).__name__,
        note=_note(value),
        is_withheld=is_withheld,
    )


def _text(value: Any) -> str:
    """Its ``repr()``, of the beginning only where the whole would be long."""
    try:
        if isinstance(value, str | bytes):
            return repr(value[:_MAX_TEXT]) + ("…" if len(value) > _MAX_TEXT else "")
        if isinstance(value, bytearray | memoryview):
            return _text(bytes(value[:_MAX_TEXT])) + ("…" if len(value) > _MAX_TEXT else "")
        return cut(_REPR.repr(value), 2 * _MAX_TEXT)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr() failed: {type(error).__name__}>"


def _note(value: Any) -> str:
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return counted(len(value), "character")
    if isinstance(value, bytes | bytearray | memoryview) and len(value) > _MAX_TEXT:
        return counted(len(value), "byte")
    if isinstance(value, list | tuple) and len(value) > _REPR.maxlist:
        return counted(len(value), "item")
    return ""
