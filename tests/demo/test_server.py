"""The embedded server as others may use it: a folder in, an address out."""

from __future__ import annotations

import psycopg
import pytest

from demo.errors import DemoError
from demo.server import EmbeddedPostgres


def test_folder_in_address_out(folder):
    with EmbeddedPostgres(folder, {"work_mem": "7MB"}) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        answers = connection.execute(
            "SELECT current_setting('work_mem'), current_setting('listen_addresses')"
        ).fetchone()
        assert folder.stat().st_mode & 0o077 == 0
    with EmbeddedPostgres(folder) as url, psycopg.connect(url) as connection:
        kept = connection.execute("SELECT to_regclass('kept')::text").fetchone()

    assert answers == ("7MB", "")
    assert kept == ("kept",)


def test_long_and_unusual_paths_get_a_socket_elsewhere(folder):
    server = EmbeddedPostgres(folder / "a folder with spaces, and commas" / ("x" * 100))

    with server as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.socket_folder.stat().st_mode & 0o077 == 0
    assert not server.socket_folder.exists()


@pytest.mark.parametrize("name", ['quo"te', "dollar$(id)", "back`tick`", "back\\slash"])
def test_names_that_a_shell_would_read_are_refused(folder, name):
    with pytest.raises(DemoError, match="such a name"):
        EmbeddedPostgres(folder / name)


def test_stopping_twice_and_before_the_start_is_harmless(folder):
    server = EmbeddedPostgres(folder)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert not (server.data / "postmaster.pid").exists()
