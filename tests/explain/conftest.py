"""The settings of the test database, to be changed for one EXPLAIN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def database() -> Iterator[dict[str, Any]]:
    """The settings of the test database, restored afterwards. Its own connection is open."""
    connection.ensure_connection()
    before = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    yield connection.settings_dict
    connection.settings_dict.clear()
    connection.settings_dict.update(before)


@pytest.fixture(params=[False, True], ids=["client", "server"])
def binding(request: pytest.FixtureRequest, database: dict[str, Any]) -> None:
    """Who merges the parameters into the statement."""
    database["OPTIONS"]["server_side_binding"] = request.param
