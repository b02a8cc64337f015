"""``manage.py orm_insight``: the tools that need no browser."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orm_insight.explain.logs import MAX_ENTRY, AutoExplainLog, LogCounts, SlowestStatements
from orm_insight.project.schema import read_schema
from orm_insight.ui.logged_plans import Telling, what_was_read

NOTHING_FOUND = """There are no plans in {file}. PostgreSQL logs plans with these settings:
  shared_preload_libraries = 'auto_explain'    (or in one session: LOAD 'auto_explain')
  auto_explain.log_min_duration = '100ms'
  auto_explain.log_format = 'json'
  auto_explain.log_analyze = on                (measured times; every statement takes longer)
  auto_explain.log_buffers = on"""
OTHER_FORMAT = """The plans in {file} ({count}) are not written as JSON. Set
  auto_explain.log_format = 'json'"""


class Command(BaseCommand):
    """A subcommand for each tool, each with its own method."""

    help = "Tools of orm_insight."
    # Logs are read on machines where the project itself cannot run.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        self._print_help = parser.print_help
        commands = parser.add_subparsers(
            dest="subcommand", title="subcommands", metavar="subcommand"
        )
        log = commands.add_parser(
            "explain-log",
            help="show the slowest statements of a PostgreSQL log, with findings about their plans",
            description="Reads the JSON plans that auto_explain has written to a server's log, in "
            "the format stderr, csvlog or jsonlog, and shows the slowest statements. Equal "
            "statements are grouped.",
        )
        log.add_argument("file", help="the log; - reads standard input")
        log.add_argument("--limit", type=_positive, default=20, help="statements to show (20)")
        log.add_argument("--min-ms", type=float, default=0.0, help="skip shorter executions")
        log.add_argument("--format", choices=["text", "json"], default="text")
        log.add_argument("--plans", action="store_true", help="show the plans as text, too")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["subcommand"] != "explain-log":
            self._print_help(self.stdout)
            return
        try:
            self._explain_log(options)
            self.stdout.flush()
        except BrokenPipeError:
            # The reader has closed the pipe, as `head` does: the rest of the output is discarded.
            # See https://docs.python.org/3/library/signal.html#note-on-sigpipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _explain_log(self, options: dict[str, Any]) -> None:
        file, slowest = options["file"], SlowestStatements(options["limit"])
        with _lines_of(file) as lines:
            log = AutoExplainLog(lines)
            for logged in log:
                if logged.duration_ms >= options["min_ms"]:
                    slowest.add(logged)
        if not log.counts.plans:
            raise CommandError(_why_nothing(file, log.counts))
        found = slowest.slowest()
        telling = Telling(with_plans=options["plans"], schema=read_schema())
        if options["format"] == "json":
            self.stdout.write(json.dumps(telling.as_json(found, log.counts), indent=2))
            return
        for line in telling.as_text(found):
            self.stdout.write(line)
        sizes = {"statements": len(slowest), "shown": len(found)}
        self.stdout.write(what_was_read(log.counts, **sizes, min_ms=options["min_ms"]))


def _why_nothing(file: str, counts: LogCounts) -> str:
    name = "standard input" if file == "-" else file
    if counts.other_format:
        return OTHER_FORMAT.format(file=name, count=counts.other_format)
    broken = f" {counts.broken} entries that looked like plans could not be read."
    return NOTHING_FOUND.format(file=name) + (broken if counts.broken else "")


@contextmanager
def _lines_of(file: str) -> Iterator[Iterable[str]]:
    """Yield the lines of a file. A line that is longer than any entry comes in pieces."""
    is_input = file == "-"
    name: str | int = sys.stdin.fileno() if is_input else file
    try:
        with open(
            name, encoding="utf-8", errors="replace", newline="\n", closefd=not is_input
        ) as stream:
            yield iter(partial(stream.readline, MAX_ENTRY), "")
    except FileNotFoundError as error:
        raise CommandError(f"There is no file {file}.") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number
