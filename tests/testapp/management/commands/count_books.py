"""Asks for numbers of books, in whichever way the tests of commands want it to."""

from __future__ import annotations

import sys
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tests.testapp.models import Book


async def count() -> int:
    return await Book.objects.acount()


class Command(BaseCommand):
    """``times`` queries, and an end."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shelf", nargs="*")
        parser.add_argument("--limit", "-l", type=int, default=2)
        parser.add_argument("--api-key", "-k")
        parser.add_argument("--source")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--asynchronous", action="store_true")
        parser.add_argument("--inner", action="store_true")
        parser.add_argument("--end")

    def handle(self, *args: Any, **options: Any) -> None:
        for _ in range(options["limit"]):
            if options["asynchronous"]:
                async_to_sync(count)()
            else:
                Book.objects.count()
        if options["inner"]:
            call_command("count_books", limit=1)
        if options["end"] == "error":
            raise CommandError("no such shelf")
        if options["end"] == "interrupt":
            raise KeyboardInterrupt
        if options["end"]:
            sys.exit(int(options["end"]))
