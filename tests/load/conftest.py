"""A database that writes down every statement, for all tests of the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.load.database import Database, logging_postgres
from tests.load.running import Site


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    with logging_postgres() as database:
        Site(databases=database.settings(), tool="plain").make_tables()
        database.log_statements(on=True)
        yield database
