"""Imports that wait: they leave nothing on the modules, and nobody else notices."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from orm_insight import imports
from orm_insight.imports import late, loaded, when_imported

NAME = "orm_insight_waited_for"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / f"{NAME}.py"
    path.write_text("value = 1\n")
    yield path
    sys.modules.pop(NAME, None)
    imports._waiting.pop(NAME, None)


def test_late_imports_when_something_is_used(module: Path):
    waiting = late(NAME)

    assert NAME not in sys.modules
    assert waiting.value == 1
    assert loaded(NAME) is sys.modules[NAME]


def test_late_has_what_the_module_has_now(module: Path, monkeypatch: pytest.MonkeyPatch):
    waiting = late(NAME)
    assert waiting.value == 1

    monkeypatch.setattr(f"{NAME}.value", 2)

    assert waiting.value == 2


def test_nobody_has_imported_it(module: Path):
    assert loaded(NAME) is None


def test_what_is_there_already_is_acted_upon_at_once(module: Path):
    import_module(NAME)
    acted = []

    when_imported(NAME, lambda: acted.append(1))

    assert acted == [1]


def test_acts_follow_the_import_in_order_and_once(module: Path):
    acted = []
    when_imported(NAME, lambda: acted.append(sys.modules[NAME].value))
    when_imported(NAME, lambda: acted.append("second"))
    assert acted == []

    import_module(NAME)
    import_module(NAME)

    assert acted == [1, "second"]


def test_the_module_looks_as_though_nobody_had_waited(module: Path):
    when_imported(NAME, lambda: None)

    waited = import_module(NAME)

    assert type(waited.__loader__).__name__ == "SourceFileLoader"
    assert waited.__spec__.loader is waited.__loader__
    assert waited.__file__ == str(module)


def test_an_import_that_fails_may_be_tried_again(module: Path):
    acted = []
    when_imported(NAME, lambda: acted.append(1))
    module.write_text("raise RuntimeError('not now')\n")
    with pytest.raises(RuntimeError, match="not now"):
        import_module(NAME)
    assert acted == []

    module.write_text("value = 'another one'\n")
    import_module(NAME)

    assert acted == [1]


def test_a_module_that_is_missing_stays_missing():
    when_imported(NAME, lambda: None)

    with pytest.raises(ModuleNotFoundError, match=NAME):
        import_module(NAME)
    imports._waiting.pop(NAME)
