"""What a vendor's shell has to tell: its literals, and its variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol


class NoLiteral(Exception):
    """The value cannot be written in this database's SQL; the text says why."""


class Dialect(Protocol):
    """One shell. Raises ``NoLiteral`` for a value that it cannot write."""

    shell: str

    def literal(self, value: Any) -> str: ...

    def variable(self, name: str) -> str:
        """How the statement names a variable, used as a value."""

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        """Lines that give the variables a value to be filled in; each with its column, if known."""

    def why_not(self, sql: str) -> str:
        """What of this statement the shell does not know; empty where it knows all of it."""


def commented(name: str, column: str) -> str:
    return f"-- {name}: {column}" if column else f"-- {name}"
