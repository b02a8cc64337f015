"""Parameters of queries as JSON values that keep their Python types.

``None``, booleans, finite numbers and text stand for themselves, a JSON list for a tuple;
everything else is an object with one key, which names the type. A value of any other type becomes
``Redacted``: no plan is made with a value that did not survive. The types of psycopg 3 are known if
the project has imported it; nothing here does.
"""

from __future__ import annotations

import base64
import ipaddress
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from orm_insight.model.trace import Redacted

_PLAIN = frozenset({type(None), bool, int, str})
_NETWORKS: dict[str, Any] = {
    name: getattr(ipaddress, name)
    for version in (4, 6)
    for name in (f"IPv{version}Address", f"IPv{version}Interface", f"IPv{version}Network")
}


def to_json(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if type(value) is tuple:
        return [to_json(each) for each in value]
    writer = _WRITERS.get(type(value))
    return writer(value) if writer is not None else _rare_to_json(value)


def from_json(value: Any) -> Any:
    if type(value) is list:
        return tuple(map(from_json, value))
    if type(value) is not dict:
        return value
    [(kind, content)] = value.items()
    return _READERS[kind](content)


def _rare_to_json(value: Any) -> Any:
    """Write subclasses as the type that the driver takes them for."""
    if isinstance(value, Enum):
        return to_json(value.value)
    for kind, writer in _BASES:
        if isinstance(value, kind):
            return writer(value)
    for module, name, writer in _DRIVER:
        types = sys.modules.get(f"psycopg.types.{module}")
        if types is not None and isinstance(value, getattr(types, name)):
            return writer(value)
    return {"r": hash(repr(value))}


def _datetime(value: datetime) -> Any:
    zone = value.tzinfo
    if zone is None or isinstance(zone, timezone):
        return {"dt": [value.isoformat(), None, value.fold]}
    if isinstance(zone, ZoneInfo) and zone.key:
        return {"dt": [value.replace(tzinfo=None).isoformat(), zone.key, value.fold]}
    offset = value.utcoffset()
    fixed = value.replace(tzinfo=None if offset is None else timezone(offset))
    return {"dt": [fixed.isoformat(), None, 0]}


def _read_datetime(content: Any) -> datetime:
    text, zone, fold = content
    read = datetime.fromisoformat(text).replace(fold=fold)
    return read if zone is None else read.replace(tzinfo=ZoneInfo(zone))


def _mapping(value: Mapping[Any, Any]) -> Any:
    return {"d": [[to_json(key), to_json(each)] for key, each in value.items()]}


def _range(value: Any) -> Any:
    kind = type(value)
    is_known = getattr(sys.modules["psycopg.types.range"], kind.__name__, None) is kind
    name = kind.__name__ if is_known else "Range"
    return {"ra": [name, to_json(value._lower), to_json(value._upper), value._bounds]}


def _read_range(content: Any) -> Any:
    name, lower, upper, bounds = content
    if not name.endswith("Range"):
        raise KeyError(name)
    if not bounds:
        return _driver_value("range", name, empty=True)
    return _driver_value("range", name, from_json(lower), from_json(upper), bounds)


def _multirange(value: Any) -> Any:
    is_plain = type(value).__name__ == "Multirange"
    return {"mr": [to_json(each) for each in value]} if is_plain else {"r": hash(repr(value))}


def _driver_value(module: str, name: str, *arguments: Any, **named: Any) -> Any:
    """A value of psycopg's own types, or ``Redacted`` where the project uses another driver."""
    types = sys.modules.get(f"psycopg.types.{module}")
    if types is None:
        return Redacted(hash(repr(arguments)))
    return vars(types)[name](*arguments, **named)


def _items(kind: str) -> Callable[[Any], Any]:
    return lambda value: {kind: [to_json(each) for each in value]}


def _float(value: float) -> Any:
    """JSON has no number that is not finite."""
    return value if isfinite(value) else {"x": repr(value)}


def _read_redacted(digest: Any) -> Redacted:
    if type(digest) is not int:
        raise TypeError("the digest of a withheld value is no number")
    return Redacted(digest)


def _bytes(value: Any) -> Any:
    return {"b": base64.b85encode(bytes(value)).decode()}


_WRITERS: dict[type, Callable[[Any], Any]] = {
    float: _float,
    Redacted: lambda value: {"r": value.digest},
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    Decimal: lambda value: {"n": str(value)},
    datetime: _datetime,
    date: lambda value: {"da": value.isoformat()},
    time: lambda value: {"ti": value.isoformat()},
    timedelta: lambda value: {"td": [value.days, value.seconds, value.microseconds]},
    UUID: lambda value: {"u": value.hex},
    list: _items("l"),
    set: _items("s"),
    frozenset: _items("fs"),
    dict: _mapping,
    **dict.fromkeys(_NETWORKS.values(), lambda value: {"ip": [type(value).__name__, str(value)]}),
}
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (bool, bool),
    (int, int),
    (float, lambda value: _float(float(value))),
    (str, str.__str__),
    *((kind, _WRITERS[kind]) for kind in (bytes, Decimal, datetime, date, time, timedelta, UUID)),
    (tuple, lambda value: [to_json(each) for each in value]),
    (list, _items("l")),
    (Mapping, _mapping),
)
_DRIVER: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("json", "Jsonb", lambda value: {"jb": to_json(value.obj)}),
    ("json", "Json", lambda value: {"j": to_json(value.obj)}),
    ("range", "Range", _range),
    ("multirange", "Multirange", _multirange),
)
_READERS: dict[str, Callable[[Any], Any]] = {
    "r": _read_redacted,
    "x": float,
    "b": base64.b85decode,
    "n": Decimal,
    "dt": _read_datetime,
    "da": date.fromisoformat,
    "ti": time.fromisoformat,
    "td": lambda content: timedelta(*content),
    "u": UUID,
    "l": lambda content: list(map(from_json, content)),
    "s": lambda content: set(map(from_json, content)),
    "fs": lambda content: frozenset(map(from_json, content)),
    "d": lambda content: {from_json(key): from_json(each) for key, each in content},
    "j": lambda content: _driver_value("json", "Json", from_json(content)),
    "jb": lambda content: _driver_value("json", "Jsonb", from_json(content)),
    "mr": lambda content: _driver_value("multirange", "Multirange", list(map(from_json, content))),
    "ra": _read_range,
    "ip": lambda content: _NETWORKS[content[0]](content[1]),
}
