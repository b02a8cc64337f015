"""The MariaDB that EXPLAIN is tested with, for literals too."""

from __future__ import annotations

from tests.explain.conftest import mariadb_socket  # noqa: F401  # a fixture
