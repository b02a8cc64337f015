"""What PostgreSQL's catalog knows about the tables of a plan, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TEXTS = frozenset({"text", "varchar", "bpchar", "citext"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of an index: a column, or an expression over one column.

    ``function`` is ``upper``, ``lower`` or ``->`` (with the key of the JSON object in
    ``json_key``), and empty for the column itself. ``opclass`` is empty where it is the default.
    """

    column: str
    function: str = ""
    json_key: str = ""
    opclass: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingIndex:
    """``keys`` are texts as ``pg_get_indexdef`` prints them; a partial one has a ``predicate``."""

    name: str
    keys: tuple[str, ...]
    opclasses: tuple[str, ...]
    method: str = "btree"
    is_unique: bool = False
    predicate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """``rows`` is PostgreSQL's estimate, ``None`` where the table was never analyzed.

    ``columns`` are their types by name: ``varchar``, ``int4``, ``_text`` for an array of text.
    """

    schema: str
    name: str
    rows: float | None
    columns: Mapping[str, str] = field(default_factory=dict)
    indexes: tuple[ExistingIndex, ...] = ()
    index_names: frozenset[str] = frozenset()

    def is_text(self, column: str) -> bool:
        return self.columns.get(column) in TEXTS
