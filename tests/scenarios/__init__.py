"""Real ORM code that is wasteful, and its repaired twin: values that tests and benchmarks run."""

from __future__ import annotations

from importlib import import_module

from tests.scenarios.registry import SCENARIOS, Scenario

THEMES = (
    "clean",
    "batches",
    "forward",
    "sets",
    "narrowed",
    "questions",
    "paths",
    "loading",
    "repetition",
)

__all__ = ["SCENARIOS", "THEMES", "Scenario", "load"]


def load() -> list[Scenario]:
    """All scenarios. Django must be set up."""
    for theme in THEMES:
        import_module(f"tests.scenarios.{theme}")
    return SCENARIOS
