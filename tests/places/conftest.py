"""The shop on each database in turn, asked by Django's test client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import router

from tests.places.shop import ShopRouter, fill_shop


@pytest.fixture(autouse=True)
def shop(alias: str, db: None, settings: Any) -> Iterator[None]:
    settings.DATABASE_ROUTERS = [*settings.DATABASE_ROUTERS, "tests.places.shop.ShopRouter"]
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if "toolbar" not in name and "Policy" not in name
    ]
    ShopRouter.alias = alias
    assert len(router.routers) == 2
    fill_shop(alias)
    yield
    ShopRouter.alias = "default"
