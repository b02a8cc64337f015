"""Folders with short paths (a socket has to fit in), and one running demo for all pages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.running import Demo, running

# The whole blog: what is wrong with plans shows in large tables only.
SCALE = "1"


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="oi-"))
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def kept_folder() -> Iterator[Path]:
    """One folder for all tests of a module: what the first start writes, the others reuse."""
    path = Path(tempfile.mkdtemp(prefix="oi-"))
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    path = Path(tempfile.mkdtemp(prefix="oi-"))
    with running("--data", str(path / "data"), "--scale", SCALE) as demo:
        yield demo
    shutil.rmtree(path)
