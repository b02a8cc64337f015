"""Finds the line of a file that carries a marker, so that tests need no line numbers."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from orm_insight.model.frames import CallSite

TESTS = Path(__file__).parent
TEMPLATES = TESTS / "testapp" / "templates"
JINJA = TESTS / "testapp" / "jinja2"


def line_with(place: Path | ModuleType | Any, text: str) -> tuple[str, int]:
    """File and number of the only line that contains ``text``, or ends with it, if a comment."""
    file = place if isinstance(place, Path) else Path(inspect.getsourcefile(place) or "")

    def fits(line: str) -> bool:
        return line.endswith(text) if text.startswith("#") else text in line

    lines = [n for n, line in enumerate(file.read_text().splitlines(), 1) if fits(line)]
    assert len(lines) == 1, f"{text!r} is on lines {lines} of {file}"
    return str(file), lines[0]


def place_of(site: CallSite | None) -> tuple[str, int] | None:
    return None if site is None else (site.file, site.line)


def expression_at(site: CallSite) -> str:
    """The source text between the start and the end of a site."""
    lines = Path(site.file).read_bytes().splitlines()
    assert site.column is not None and site.end_column is not None and site.end_line is not None
    if site.end_line == site.line:
        return lines[site.line - 1][site.column : site.end_column].decode()
    return lines[site.line - 1][site.column :].decode()
