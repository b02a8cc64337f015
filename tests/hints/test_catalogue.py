"""Every hint is documented, tested and justified by Django's documentation."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from orm_insight.analysis.documentation import docs_of

from orm_insight.analysis.detectors import DETECTORS
from orm_insight.analysis.detectors.base import Detector

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.code)
def test_hint_is_documented_and_tested(detector: Detector) -> None:
    page = ROOT / "docs" / "hints" / f"{detector.code}.md"
    assert page.read_text().startswith(f"# {detector.code}: ")
    assert docs_of(detector.code) in page.read_text()
    module = inspect.getmodule(detector)
    assert module is not None
    assert (module.__doc__ or "").startswith(f"{detector.code}: ")
    assert docs_of(detector.code) in (module.__doc__ or "")
    name = module.__name__.rpartition(".")[2]
    assert (ROOT / "tests" / "analysis" / "detectors" / f"test_{name}.py").exists()


def test_codes_are_distinct() -> None:
    codes = [detector.code for detector in DETECTORS]
    assert len(codes) == len(set(codes))
