"""Values of the database's own records, whatever they turn out to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

_LARGEST = 1e15
"""Nothing that is counted or measured is beyond it."""


def readable(value: Any) -> Any:
    """The same, with ``None`` for numbers that nothing can be computed from."""
    if isinstance(value, Mapping):
        return {str(key): readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    is_absurd = is_number(value) and not -_LARGEST <= value <= _LARGEST
    return None if is_absurd else value


def records(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The records in a list; none where there is no list."""
    found = raw.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def number_of(raw: Mapping[str, Any], key: str) -> float:
    """Zero where there is no number."""
    value = raw.get(key)
    return float(value) if is_number(value) else 0.0


def text_of(raw: Mapping[str, Any], key: str) -> str:
    """Empty where there is nothing."""
    value = raw.get(key)
    return "" if value is None else str(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Truth is no number here, though it is one in Python."""
    return isinstance(value, int | float) and not isinstance(value, bool)
