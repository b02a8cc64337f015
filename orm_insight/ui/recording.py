"""What the page "Recording" shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from orm_insight.ui.pages import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitField:
    """One limit: what holds now, what the settings say, and what was typed, if anything."""

    name: str
    label: str
    kind: Literal["flag", "number", "lines"]
    meaning: str
    value: str
    now: str
    setting: str
    is_changed: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPage:
    template: ClassVar[str] = "pages/recording.jinja"
    shell: Shell
    url: str
    place: str
    changed: str
    is_changed: bool
    problem: str
    fields: tuple[LimitField, ...]
