"""The shop, asked by Django's test client.

Its pages and their hints are the same on every database. PostgreSQL is the one that is asked,
because it takes the fewest queries.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.places.shop import fill_shop


@pytest.fixture(autouse=True)
def only_ours(settings: Any) -> None:
    """Other middleware has queries of its own."""
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if "toolbar" not in name and "Policy" not in name
    ]


@pytest.fixture
def shop(transactional_db: None) -> None:
    """Made for a test that commits; the others find the one that their module has made."""
    fill_shop("default")
