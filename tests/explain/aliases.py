"""Databases beside the project's own, for a while: other servers, other settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from tests.servers import connection_settings

ALIAS = "explained"
# The processes of one test run may share a server that runs already.
DATABASE = f"oi_explained_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


class EverythingThere:
    """A router that sends every model to the further database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return ALIAS

    db_for_write = db_for_read


@contextmanager
def alias_to(url: str, alias: str = ALIAS, **settings: Any) -> Iterator[str]:
    """The database at ``url`` under ``alias``, with ``settings`` of the project's choice."""
    common = {**connection.settings_dict, "OPTIONS": {}, "TEST": {}}
    connections.databases[alias] = {**common, **connection_settings(url), **settings}
    try:
        yield alias
    finally:
        if hasattr(connections._connections, alias):
            connections[alias].close()
            if connections[alias].pool is not None:
                connections[alias].close_pool()
            del connections[alias]
        del connections.databases[alias]


@contextmanager
def new_database(server: str, name: str = DATABASE) -> Iterator[str]:
    """The address of an empty database on ``server``, dropped afterwards."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def address_of_default() -> str:
    """The server of the tests' own database."""
    facts = connection.get_connection_params()
    places = {key: facts[key] for key in ("host", "port", "user", "password") if facts.get(key)}
    return make_conninfo(**places, dbname="postgres")
