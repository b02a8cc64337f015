"""Values of the database's own records, whatever they turn out to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard


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
