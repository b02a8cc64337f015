"""``prepare_blog``: creates the tables and writes the content, where that is not done yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.preparation import prepare
from demo.seeding.fill import Amounts


class Command(BaseCommand):
    help = "Creates the tables of the demo and fills them, where that has not been done yet."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="Share of the usual amount")
        parser.add_argument("--reset", action="store_true", help="Fill the tables again")

    def handle(self, *_args: Any, scale: float, reset: bool, **_options: Any) -> None:
        prepare(Amounts().scaled(scale), reset=reset, say=self._say)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
