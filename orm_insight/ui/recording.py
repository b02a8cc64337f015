"""Contexts of the page "Recording"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.ui.pages import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class RateField:
    """The sample rate: the one in force, the one of the settings, and the text in the field."""

    value: str
    current: str
    setting: str
    is_changed: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit that only the settings change."""

    label: str
    meaning: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPage:
    template: ClassVar[str] = "pages/recording.jinja"
    shell: Shell
    url: str
    place: str
    changed: str
    problem: str
    rate: RateField
    limits: tuple[Limit, ...]
