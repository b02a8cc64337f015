"""Stores with a file, and what they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orm_insight.stores.file import FileStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.traces"


@pytest.fixture
def failures() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def open_store(path: Path, failures: list[tuple[str, str]]) -> Iterator[Callable[..., FileStore]]:
    made: list[FileStore] = []

    def report(step: str, error: Exception) -> None:
        failures.append((step, str(error)))

    def make(**limits: Any) -> FileStore:
        made.append(FileStore(path, report, **limits))
        return made[-1]

    yield make
    for store in made:
        store.close()
