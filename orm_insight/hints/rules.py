"""The rules, in the order of the catalogue; one file for each code."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from orm_insight.hints.base import Detector
from orm_insight.model.catalogue import RULES


def detectors() -> tuple[Detector, ...]:
    """Return the detector of each rule that the catalogue has now."""
    return tuple(_detector(rule.detector) for rule in RULES.values())


@cache
def _detector(path: str) -> Detector:
    module, _, name = path.rpartition(".")
    return cast("Detector", getattr(import_module(module), name)())
