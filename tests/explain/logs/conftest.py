"""A server's log in all of its formats, written once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import had_or_missing
from tests.explain.logs.server import written_logs


@pytest.fixture(scope="session")
def logs() -> Iterator[dict[str, Path]]:
    """The log that PostgreSQL and ``auto_explain`` have written, by format."""
    yield from had_or_missing(written_logs())
