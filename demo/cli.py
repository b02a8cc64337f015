"""The command line: options, the order of the steps, and what is printed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import django
from django.core.management import call_command

from demo import folder, interrupts
from demo.database import parse_url, without_password
from demo.errors import DemoError
from demo.server import EmbeddedPostgres
from demo.serving import address_of, listen, serve

SETTINGS = "demo.settings"
APPLICATION = "demo.asgi:application"
CHANGE = """\
Changed the source of a page? Stop, start again, open the page again, and press
"Compare with previous" on its new trace: the earlier traces are still there."""
CHANGE_OWN = "Changed the source of a page? Stop, and start again: the traces start from zero."
HIGHEST_PORT = 65535


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    interrupts.end_on_signals()
    try:
        with ExitStack() as stack:
            _run(options, stack)
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        _say("\nStopped.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="A blog with every problem of the ORM tutorials, on a real PostgreSQL server.",
    )
    database = parser.add_mutually_exclusive_group()
    database.add_argument(
        "--database-url",
        metavar="URL",
        help="an empty PostgreSQL database of your own: postgres://user:password@host:5432/name",
    )
    database.add_argument("--sqlite", action="store_true", help="use SQLite, not PostgreSQL")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=_port, default=8000, help="default: %(default)s")
    parser.add_argument(
        "--data",
        type=Path,
        default=folder.default_folder(),
        metavar="FOLDER",
        help="where the databases live; default: %(default)s",
    )
    parser.add_argument("--reset", action="store_true", help="delete the data and start again")
    parser.add_argument("--scale", type=float, default=1.0, help=argparse.SUPPRESS)
    return parser


def _port(text: str) -> int:
    """A port to listen on; 0 lets the system choose one."""
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a number up to {HIGHEST_PORT}, not {text!r}")
    return int(text)


def _run(options: argparse.Namespace, stack: ExitStack) -> None:
    if options.database_url:
        parse_url(options.database_url)
    taken = stack.enter_context(listen(options.host, options.port))
    url = options.database_url or _own_database(options, stack)
    os.environ["ORM_INSIGHT_DEMO_DATABASE_URL"] = url
    os.environ["ORM_INSIGHT_DEMO_HOST"] = options.host
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    django.setup()
    call_command("prepare_blog", scale=options.scale, reset=options.reset)
    _announce(address_of(taken), url, CHANGE_OWN if options.database_url else CHANGE)
    serve(APPLICATION, taken)


def _own_database(options: argparse.Namespace, stack: ExitStack) -> str:
    """The address of a database in the data folder, which is ours until the stack unwinds."""
    data = stack.enter_context(folder.in_use(options.data))
    if options.sqlite:
        if options.reset:
            folder.empty(data, folder.SQLITE_FILES)
        _keep_traces(data / folder.SQLITE)
        return f"sqlite:///{data / folder.SQLITE}"
    server = EmbeddedPostgres(data / folder.POSTGRESQL)
    stack.callback(_stop, server)
    if options.reset:
        _stop(server)
        folder.empty(data, folder.POSTGRESQL_FILES)
    _keep_traces(data / folder.POSTGRESQL)
    _say("Starting PostgreSQL ...")
    with interrupts.postponed():
        return server.start()


def _keep_traces(database: Path) -> None:
    """Beside the database: the next start shows them."""
    os.environ["ORM_INSIGHT_DEMO_TRACES"] = f"{database}{folder.TRACES}"


def _stop(server: EmbeddedPostgres) -> None:
    with interrupts.postponed():
        server.stop()


def _announce(address: str, url: str, change: str) -> None:
    _say(f"""
  Start page   {address}
  Dashboard    {address}_orm/
  Admin        {address}admin/   (user: admin, password: admin)
  Database     {without_password(url)}

{change}
Ctrl-C stops everything.
""")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
