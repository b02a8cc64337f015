"""System checks under other settings."""

from __future__ import annotations

from pathlib import Path

from django.core.checks import run_checks

from orm_insight.apps import TAG

DOCS = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")


def checked() -> list[tuple[str, str, str | None]]:
    return [(m.id, m.msg, m.hint) for m in run_checks(tags=[TAG])]
