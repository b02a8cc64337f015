"""From an address to one entry of ``DATABASES``."""

from __future__ import annotations

import pytest

from demo.database import parse_url, without_password
from demo.errors import DemoError


def test_every_part_of_an_address_arrives():
    settings = parse_url("postgres://me:p%40ss%2F@db.example:6543/my%20data?sslmode=require")

    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert settings["USER"] == "me"
    assert settings["PASSWORD"] == "p@ss/"
    assert settings["HOST"] == "db.example"
    assert settings["PORT"] == "6543"
    assert settings["NAME"] == "my data"
    assert settings["OPTIONS"]["sslmode"] == "require"


def test_socket_folder():
    settings = parse_url("postgresql://postgres@/postgres?host=%2Frun%2Fdemo")

    assert settings["HOST"] == "/run/demo"
    assert settings["PORT"] == ""
    assert "host" not in settings["OPTIONS"]


def test_sqlite_with_an_absolute_path_and_in_memory():
    assert parse_url("sqlite:////data/a.sqlite3")["NAME"] == "/data/a.sqlite3"
    assert parse_url("sqlite:///:memory:")["NAME"] == ":memory:"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "This is no database address: 'nonsense'"),
        ("mysql://localhost/x", "The demo runs on PostgreSQL, not on 'mysql' addresses"),
        ("postgres://localhost", "The address names no database"),
        ("postgres://[::1/x", "This is no database address"),
        ("postgres://u:secret@localhost:port/x", "no database address: 'postgres://u:\\*\\*\\*@"),
    ],
)
def test_wrong_addresses_say_how_one_looks(url, message):
    with pytest.raises(DemoError, match=message) as caught:
        parse_url(url)

    assert "postgresql://user:password@localhost:5432/name" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://u:p@h/x", "postgres://u:***@h/x"),
        ("postgres://u:p@ss@h/x", "postgres://u:***@h/x"),
        ("postgres://u@h/x", "postgres://u@h/x"),
        ("postgres://h/x?password=p&user=u", "postgres://h/x?password=***&user=u"),
        ("sqlite:////a.sqlite3", "sqlite:////a.sqlite3"),
    ],
)
def test_password_is_never_shown(url, shown):
    assert without_password(url) == shown
