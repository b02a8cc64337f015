"""Literals for psql, written by psycopg as it would bind them itself, without a connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.db.backends.postgresql.psycopg_any import DjangoRangeDumper
from psycopg import Error, adapters, sql
from psycopg.adapt import AdaptersMap
from psycopg.types.range import Range
from psycopg.types.string import BytesDumper

from orm_insight.ui.runnable.dialect import NoLiteral, commented

_COPY_IN = re.compile(r"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


class _HexDumper(BytesDumper):
    """What psycopg escapes without a connection depends on connections made before."""

    def dump(self, obj: Any) -> bytes:
        return rb"\x" + bytes(obj).hex().encode()

    def quote(self, obj: Any) -> bytes:
        return b"'" + self.dump(obj) + b"'::bytea"


@cache
def _context() -> Any:
    """Django's ways with ranges, and bytes as hexadecimal digits."""
    known = AdaptersMap(adapters)
    known.register_dumper(Range, DjangoRangeDumper)
    for kind in (bytes, bytearray, memoryview):
        known.register_dumper(kind, _HexDumper)
    return SimpleNamespace(adapters=known, connection=None)


class Psql:
    """The shell of PostgreSQL."""

    shell = "psql"

    def literal(self, value: Any) -> str:
        try:
            return sql.Literal(value).as_bytes(_context()).decode()
        except (Error, TypeError, ValueError) as error:
            raise NoLiteral(str(error)) from error

    def variable(self, name: str) -> str:
        return f":'{name}'"

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        return "".join(f"{commented(name, column)}\n\\set {name} ''\n" for name, column in names)

    def why_not(self, sql: str) -> str:
        return "COPY takes rows that were not recorded." if _COPY_IN.match(sql) else ""
