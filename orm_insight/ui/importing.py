"""The page on which a trace that somebody has sent is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.ui.pages import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """``error`` says why the file that was sent is none; ``most`` how large one may be."""

    template: ClassVar[str] = "pages/import.jinja"
    shell: Shell
    url: str
    error: str
    most: str
