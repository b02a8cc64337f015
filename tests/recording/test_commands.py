"""Management commands as traces: their names, their ends, and whose their statements are."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, ManagementUtility, call_command
from django.core.management.base import BaseCommand
from django.test import override_settings

import orm_insight
from orm_insight import insight
from orm_insight.recording import commands
from tests.testapp.management.commands.count_books import Command

pytestmark = pytest.mark.django_db
VIEW = "tests.testapp.management.commands.count_books.Command"


def run(*words: str) -> None:
    """As ``manage.py`` does, but for the closing of connections that the tests still need."""
    command = Command()
    parser = command.create_parser("manage.py", "count_books")
    options = vars(parser.parse_args(words))
    command.execute(*options.pop("args", ()), **options)


def one() -> orm_insight.Trace:
    [trace] = insight.recent()
    return trace


def test_a_command_is_a_trace_with_its_queries_and_nothing_else():
    run("--limit", "3")

    trace = one()
    assert (trace.kind, trace.name, trace.view) == ("command", "count_books --limit 3", VIEW)
    assert (trace.status, trace.error) == (None, None)
    assert [query.site.function for query in trace.queries] == ["Command.handle"] * 3


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "count_books"),
        (["--limit", "2"], "count_books"),
        (["-l", "1"], "count_books --limit 1"),
        (["north wing", "south", "--dry-run"], "count_books 'north wing' south --dry-run"),
        (["--api-key=very-secret"], "count_books --api-key ***"),
        (["-k", "very-secret", "a"], "count_books a --api-key ***"),
        (
            ["--source", "https://ann:pass@example.org/x"],
            "count_books --source 'https://***@example.org/x'",
        ),
        (["-v", "0", "--no-color", "--skip-checks"], "count_books"),
    ],
)
def test_the_name_says_how_it_was_called(words, name):
    run(*words)

    assert one().name == name


def test_call_command_is_told_in_the_same_words():
    call_command("count_books", "north", limit=1, dry_run=True)

    assert one().name == "count_books north --limit 1 --dry-run"


def test_subcommands_are_named_with_their_options():
    class Parent(BaseCommand):
        def add_arguments(self, parser: ArgumentParser) -> None:
            below = parser.add_subparsers(dest="what")
            below.add_parser("load").add_argument("--token")

        def handle(self, **options: Any) -> None:
            pass

    call_command(Parent(), "load", "--token", "abc")

    assert one().name.endswith(" load --token ***")


def test_a_long_name_is_cut():
    run("x" * 10_000)

    assert len(one().name) == commands.MAX_NAME


@pytest.mark.parametrize(
    ("end", "raised", "error"),
    [
        ("error", CommandError, "CommandError: no such shelf"),
        ("3", SystemExit, "SystemExit: 3"),
        ("0", SystemExit, None),
        ("interrupt", KeyboardInterrupt, "KeyboardInterrupt"),
    ],
)
def test_how_it_ended(end, raised, error):
    with pytest.raises(raised):
        run("--end", end)

    assert (one().error, len(one().queries)) == (error, 2)


def test_what_a_command_waits_for_is_its_own():
    run("--asynchronous", "--limit", "1")

    assert len(one().queries) == 1


def test_a_command_inside_of_a_command_joins_it():
    run("--inner")

    assert len(one().queries) == 3


def test_a_command_inside_of_a_block_joins_it():
    with orm_insight.capture("around") as block:
        call_command("count_books")

    assert len(block.queries) == 2
    assert one().id == block.id


@pytest.mark.parametrize(
    "setting", [{"COMMANDS": False}, {"IGNORE_COMMANDS": ["count_books"]}, {"ENABLED": False}]
)
def test_what_is_not_recorded(setting):
    with override_settings(ORM_INSIGHT=setting):
        run()

        assert insight.recent() == ()


def test_a_command_that_serves_does_not_take_what_it_serves():
    output = io.StringIO()

    call_command("orm_insight", stdout=output)

    assert "explain-log" in output.getvalue()
    assert insight.recent() == ()


def test_pausing_is_followed():
    insight.pause()

    run()

    assert insight.recent() == ()


def test_a_command_that_cannot_be_named_runs(monkeypatch):
    def broken(*args: Any) -> Any:
        raise RuntimeError("no words")

    monkeypatch.setattr(commands, "_words", broken)

    run()

    assert insight.recent() == ()
    assert list(commands.faults.counts()) == ["name a command: RuntimeError: no words"]
    commands.faults.clear()


def test_hints_of_a_command_are_silenced_by_its_name():
    with override_settings(ORM_INSIGHT={"IGNORE": {"count_books": ["ORM502"]}}):
        run("--limit", "3")
        report = insight.report(one().id)

    assert [hint.code for hint in report.hints] == []
    assert [entry.hint.code for entry in report.silenced] == ["ORM502"]


def test_everything_is_undone():
    commands.uninstall()
    try:
        assert BaseCommand.execute.__module__ == "django.core.management.base"
        run()
        assert insight.recent() == ()
    finally:
        commands.install()


def test_from_the_command_line(capsys):
    with pytest.raises(SystemExit):
        ManagementUtility(["manage.py", "count_books", "-l", "0", "--end", "error"]).execute()

    assert one().name == "count_books --limit 0 --end error"
    assert "no such shelf" in capsys.readouterr().err


@pytest.mark.process
def test_the_script_that_starts_a_command_is_no_line_to_be_repaired(tmp_path: Path) -> None:
    """A command of Django repeats statements by itself: nobody can change that."""
    script = tmp_path / "manage.py"
    script.write_text(MANAGE)
    run = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.stderr == ""
    assert run.stdout.splitlines()[-1] == "migrate: True 0 {None}"


MANAGE = """
from django.conf import settings
from django.core.management import execute_from_command_line
from orm_insight import insight
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "orm_insight"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SILENCED_SYSTEM_CHECKS=["orm_insight.W001"],
)
execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
[trace] = [trace for trace in insight.recent() if trace.name.startswith("migrate")]
hints = insight.report_of(trace).hints
print("migrate:", len(trace.queries) > 50, len(hints), {query.site for query in trace.queries})
"""
