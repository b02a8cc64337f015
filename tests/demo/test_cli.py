"""The words of the command line when it cannot start, and how it ends."""

from __future__ import annotations

import socket
import subprocess
import sys

import httpx
import pytest

from demo.binaries import find_binaries
from tests.demo import running

pytestmark = pytest.mark.process
SMALL = ("--scale", "0.02")


def test_help_names_every_option_but_the_hidden_one():
    finished = running.run("--help")

    assert finished.code == 0
    for option in ("--database-url", "--sqlite", "--host", "--port", "--data", "--reset"):
        assert option in finished.output
    assert "--scale" not in finished.output


def test_busy_port_is_noticed_before_anything_is_created(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = running.run("--port", str(port), "--data", str(folder))

    assert finished.code == 1
    assert finished.errors == (
        f"Port {port} is busy; choose another one, for example --port {port + 1}\n"
    )
    assert not folder.exists()


def test_unknown_host():
    finished = running.run("--host", "256.256.256.256")

    assert finished.code == 1
    assert finished.errors.startswith("Cannot listen on 256.256.256.256: ")
    assert "--host" in finished.errors


def test_data_folder_is_a_file(folder):
    folder.write_text("something else")

    finished = running.run("--data", str(folder))

    assert finished.code == 1
    assert finished.errors == (
        f"The data folder {folder} cannot be used: Not a directory.\n"
        "Choose another folder with --data.\n"
    )
    assert folder.read_text() == "something else"


def test_data_folder_with_other_files_is_left_alone(folder):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")

    finished = running.run("--data", str(folder), "--reset")

    assert finished.code == 1
    assert "holds other files (thesis.txt)" in finished.errors
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_data_folder_that_cannot_be_created():
    finished = running.run("--data", "/proc/demo")

    assert finished.code == 1
    assert "The data folder /proc/demo cannot be used: " in finished.errors
    assert "--data" in finished.errors


def test_incomplete_database_says_reset(folder):
    (folder / "postgresql" / "data").mkdir(parents=True)

    finished = running.run("--data", str(folder))

    assert finished.code == 1
    assert "is incomplete.\nStart with --reset" in finished.errors
    assert "Traceback" not in finished.errors


def test_database_of_another_version_says_reset(folder):
    data = folder / "postgresql" / "data"
    (data / "global").mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    (data / "global" / "pg_control").touch()

    finished = running.run("--data", str(folder))

    assert finished.code == 1
    assert "was made by PostgreSQL 12; installed is PostgreSQL 1" in finished.errors
    assert "--reset" in finished.errors


def test_damaged_database_shows_the_reason_of_the_server_and_reset_repairs_it(folder):
    data = folder / "postgresql" / "data"
    (data / "global").mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{find_binaries(folder / 'programs').major}\n")
    (data / "global" / "pg_control").touch()

    finished = running.run("--data", str(folder))

    assert finished.code == 1
    assert "PostgreSQL does not start with the database in" in finished.errors
    assert "postgresql.conf" in finished.errors
    assert "Start with --reset" in finished.errors

    with running.running("--data", str(folder), "--reset", *SMALL) as demo:
        assert httpx.get(f"{demo.url}/authors-in-a-loop/").status_code == 200


def test_wrong_database_url():
    finished = running.run("--database-url", "postgres://u:secret@localhost:port/x")

    assert finished.code == 1
    assert "'postgres://u:***@localhost:port/x'" in finished.errors
    assert "secret" not in finished.errors
    assert "Traceback" not in finished.errors


def test_unreachable_database():
    finished = running.run("--database-url", "postgres://u:secret@localhost:1/x")

    assert finished.code == 1
    assert finished.errors.startswith("No connection to the database 'x' on localhost: ")
    assert "secret" not in finished.errors
    assert "Traceback" not in finished.errors


def test_missing_packages_name_the_command():
    script = (
        "import sys, importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'uvicorn' else find(name)\n"
        "import demo.__main__ as start\n"
        "sys.exit(start.main())\n"
    )

    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=running.ROOT, capture_output=True, text=True
    )

    assert finished.returncode == 1
    assert finished.stderr == (
        'The demo needs more packages: uvicorn\nInstall them with: pip install -e ".[demo]"\n'
    )
