"""A developer's machine: DEBUG is on, and both toolbar and ring are empty at the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from debug_toolbar.store import get_store

from orm_insight import faults, insight


@pytest.fixture(autouse=True)
def developing(settings: Any) -> Iterator[None]:
    """Fails the test at its end if anything of ours has failed, unless it has cleared that."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.panel.urls"
    faults.clear()
    insight.clear()
    get_store().clear()
    yield
    failures = faults.counts()
    faults.clear()
    assert failures == {}
