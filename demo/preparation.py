"""Brings the database to the state that the pages expect: reachable, migrated, filled.

Run by the command ``prepare_blog``, once Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from demo.blog.models import Author
from demo.errors import DemoError
from demo.seeding.fill import Amounts, fill, is_filled

APP = "blog"


def prepare(amounts: Amounts, *, reset: bool, say: Callable[[str], None]) -> None:
    """Migrate and fill where that has not been done; with `reset`, from the beginning."""
    connect()
    try:
        _refuse_foreign_tables()
        _migrate(say)
        if reset and is_filled():
            call_command("flush", interactive=False, verbosity=0)
        if not is_filled():
            say(f"Writing {amounts.posts:,} posts and {amounts.comments:,} comments ...")
            fill(amounts)
    except DatabaseError as error:
        raise DemoError(
            f"The database cannot be prepared: {_first_line(error)}\n"
            "Start with --reset to fill it again, or choose another database."
        ) from error
    finally:
        connection.close()


def connect() -> None:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        settings = connection.settings_dict
        where = settings["HOST"] or "localhost"
        raise DemoError(
            f"No connection to the database {settings['NAME']!r} on {where}: {_first_line(error)}\n"
            "Check --database-url, or leave it out: the demo brings its own PostgreSQL."
        ) from error


def _refuse_foreign_tables() -> None:
    """Never mix with the tables of somebody's project."""
    tables = set(connection.introspection.table_names())
    if tables and Author._meta.db_table not in tables:
        raise DemoError(
            f"The database {connection.settings_dict['NAME']!r} holds tables that are not the "
            f"demo's ({', '.join(sorted(tables)[:3])}).\n"
            "Give the demo an empty database of its own."
        )


def _migrate(say: Callable[[str], None]) -> None:
    executor = MigrationExecutor(connection)
    unknown = [
        name
        for app, name in executor.loader.applied_migrations
        if app == APP and (app, name) not in executor.loader.disk_migrations
    ]
    if unknown:
        raise DemoError(
            f"The database was made by another version of the demo ({unknown[0]}).\n"
            "Choose another folder with --data, or an empty database."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Creating the tables ...")
        call_command("migrate", verbosity=0)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
