"""What a person can choose from in a form. Values only, finished for display."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a filter."""

    value: str
    label: str
    is_chosen: bool
