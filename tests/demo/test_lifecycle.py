"""Starting, ending, starting again: nothing is left running, nothing is done twice."""

from __future__ import annotations

import signal

import httpx
import psycopg
import pytest

from demo.server import EmbeddedPostgres
from tests.demo import running
from tests.demo.running import Demo

pytestmark = pytest.mark.process
SMALL = ("--scale", "0.02")


def assert_stopped(demo: Demo, folder) -> None:
    assert not (folder / "postgresql" / "data" / "postmaster.pid").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(demo.database)
    with pytest.raises(httpx.ConnectError):
        httpx.get(demo.url)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_ending_stops_server_and_database(kept_folder, ending):
    with running.running("--data", str(kept_folder), *SMALL) as demo:
        assert httpx.get(f"{demo.url}/").status_code == 200
        finished = demo.end(ending)

    assert finished.code == 0
    assert "Traceback" not in finished.errors
    assert finished.output.endswith("Stopped.\n")
    assert_stopped(demo, kept_folder)


def test_ending_while_the_server_starts_leaves_nothing_behind(folder):
    interrupted = Demo("--data", str(folder), *SMALL)
    interrupted.read_until("Starting PostgreSQL")
    finished = interrupted.end()

    assert finished.code == 0
    assert "Traceback" not in finished.errors
    assert "Creating" not in finished.output
    assert not (folder / "postgresql" / "data" / "postmaster.pid").exists()

    with EmbeddedPostgres(folder / "postgresql") as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("moment", ["Creating the tables", "Writing"])
def test_ending_while_filling_is_made_up_for_by_the_next_start(folder, moment):
    arguments = ("--data", str(folder), "--sqlite", *SMALL)
    interrupted = Demo(*arguments)
    interrupted.read_until(moment)
    finished = interrupted.end()

    assert finished.code == 0
    assert "Traceback" not in finished.errors
    assert "Start page" not in finished.output

    with running.running(*arguments) as demo:
        assert "Writing" in demo.output
        assert httpx.get(f"{demo.url}/authors-in-a-loop/").status_code == 200


def test_second_start_reuses_the_data(kept_folder):
    with (
        running.running("--data", str(kept_folder), *SMALL) as demo,
        psycopg.connect(demo.database) as connection,
    ):
        connection.execute("UPDATE blog_category SET description = 'By hand' WHERE id = 1")

    with running.running("--data", str(kept_folder), *SMALL) as demo:
        assert "Creating" not in demo.output
        assert "Writing" not in demo.output
        with psycopg.connect(demo.database) as connection:
            kept = connection.execute("SELECT description FROM blog_category WHERE id = 1")
            assert kept.fetchall() == [("By hand",)]


def test_second_start_shows_the_traces_of_the_first(folder):
    arguments = ("--data", str(folder), "--sqlite", *SMALL)
    with running.running(*arguments) as demo:
        assert "Compare with previous" in demo.output
        httpx.get(f"{demo.url}/comments-and-tags/")
        killed = folder / ".demo.sqlite3.traces.x1.tmp"
        killed.write_bytes(b"")
    with running.running(*arguments) as demo:
        assert paths_of_traces(demo) == ["/comments-and-tags/"]


def paths_of_traces(demo: Demo) -> list[str]:
    listed = httpx.get(f"{demo.url}/_orm/traces.json").json()["traces"]
    return [trace["path"] for trace in listed]


def test_one_folder_serves_one_demo(kept_folder):
    with running.running("--data", str(kept_folder), *SMALL) as demo:
        second = running.run("--data", str(kept_folder))
        assert httpx.get(f"{demo.url}/authors-in-a-loop/").status_code == 200

    assert second.code == 1
    assert second.errors.startswith(f"Another demo (process {demo.process.pid}) uses the folder")


def test_database_of_a_killed_demo_is_taken_over(kept_folder):
    killed = Demo("--data", str(kept_folder), *SMALL)
    killed.wait_for_pages()
    killed.process.kill()
    killed.finish()
    assert (kept_folder / "postgresql" / "data" / "postmaster.pid").exists()

    with running.running("--data", str(kept_folder), *SMALL) as demo:
        assert "Writing" not in demo.output
        assert httpx.get(f"{demo.url}/authors-in-a-loop/").status_code == 200
    assert_stopped(demo, kept_folder)


def test_sqlite_is_reused_and_reset(folder):
    arguments = ("--data", str(folder), "--sqlite", *SMALL)
    with running.running(*arguments) as demo:
        assert "PostgreSQL" not in demo.output
        assert httpx.get(f"{demo.url}/comments-and-tags/").status_code == 200
    with running.running(*arguments) as demo:
        assert "Writing" not in demo.output
        assert "/comments-and-tags/" in paths_of_traces(demo)
    with running.running(*arguments, "--reset") as demo:
        assert "Writing" in demo.output
        assert paths_of_traces(demo) == []


def test_own_database_is_filled_and_a_foreign_one_refused(demo):
    with psycopg.connect(demo.database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE mine")
        connection.execute("CREATE DATABASE foreign_tables")
    mine, foreign = (
        demo.database.replace("/postgres?", f"/{name}?") for name in ("mine", "foreign_tables")
    )
    with psycopg.connect(foreign) as connection:
        connection.execute("CREATE TABLE orders (id int)")

    refused = running.run("--database-url", foreign)
    with running.running("--database-url", mine, *SMALL) as own:
        assert httpx.get(f"{own.url}/authors-in-a-loop/").status_code == 200

    assert refused.code == 1
    assert "holds tables that are not the demo's (orders)" in refused.errors
