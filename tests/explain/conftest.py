"""The settings of the test database, to be changed for one EXPLAIN, and a MariaDB beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests import mariadb as debian_mariadb
from tests.conftest import had_or_missing


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


@pytest.fixture(scope="session")
def mariadb_socket() -> Iterator[Path]:
    """Debian's MariaDB, with an empty database."""
    yield from had_or_missing(debian_mariadb.running_mariadb())


@pytest.fixture(scope="module")
def mariadb(mariadb_socket: Path, django_db_blocker: Any) -> Iterator[str]:
    """An alias of MariaDB, which exists only while the tests of one module run."""
    name = "mariadb"
    settings = {**connections["default"].settings_dict, "OPTIONS": {}, "PORT": "", "PASSWORD": ""}
    settings |= debian_mariadb.connection_settings(mariadb_socket)
    with debian_mariadb.driver_in_place(), django_db_blocker.unblock():
        connections.databases[name] = settings
        try:
            yield name
        finally:
            connections[name].close()
            del connections[name], connections.databases[name]
