"""Reads facts about tables from PostgreSQL's catalog, over the connection it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import tuple_row

# A partition stands for the table that it is a part of: that is what has the model.
_TABLES = """
SELECT wanted.schema, wanted.name, top.oid, space.nspname, top.relname,
       CASE WHEN top.oid = c.oid THEN c.reltuples ELSE (
         SELECT sum(greatest(leaf.reltuples, 0)) FROM pg_catalog.pg_partition_tree(top.oid) AS part
         JOIN pg_catalog.pg_class AS leaf ON leaf.oid = part.relid WHERE part.isleaf) END
FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
JOIN pg_catalog.pg_class AS top ON top.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
JOIN pg_catalog.pg_namespace AS space ON space.oid = top.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND space.nspname <> 'pg_catalog'
"""
_COLUMNS = """
SELECT a.attrelid, a.attname, t.typname FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
_INDEXES = """
SELECT x.indrelid, i.relname, m.amname, x.indisunique, x.indisvalid AND x.indisready,
       pg_catalog.pg_get_expr(x.indpred, x.indrelid),
       ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, k, true)
             FROM generate_series(1, x.indnkeyatts) AS k ORDER BY k),
       ARRAY(SELECT o.opcname::text FROM unnest(x.indclass) WITH ORDINALITY AS c (id, k)
             JOIN pg_catalog.pg_opclass AS o ON o.oid = c.id ORDER BY c.k)
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
WHERE x.indrelid = ANY (%s) ORDER BY i.relname
"""


def read_tables(
    connection: psycopg.Connection[Any], wanted: Sequence[tuple[str, str]]
) -> Mapping[tuple[str, str], TableFacts]:
    """Facts by schema and name as the plan prints them; what is no ordinary table is left out."""
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    schemas, names = [schema for schema, _ in wanted], [name for _, name in wanted]
    tables = cursor.execute(_TABLES, [schemas, names]).fetchall()
    ids = [table[2] for table in tables]
    columns = cursor.execute(_COLUMNS, [ids]).fetchall()
    indexes = cursor.execute(_INDEXES, [ids]).fetchall()
    return {
        (schema, name): TableFacts(
            schema=top_schema,
            name=top_name,
            rows=rows if rows is not None and rows >= 0 else None,
            columns={column: kind for table, column, kind in columns if table == oid},
            indexes=tuple(_index(row) for row in indexes if row[0] == oid and row[4]),
            index_names=frozenset(row[1] for row in indexes if row[0] == oid),
        )
        for schema, name, oid, top_schema, top_name, rows in tables
    }


def _index(row: Sequence[Any]) -> ExistingIndex:
    _, name, method, is_unique, _, predicate, keys, opclasses = row
    return ExistingIndex(
        name=name,
        method=method,
        is_unique=is_unique,
        predicate=predicate,
        keys=tuple(keys),
        opclasses=tuple(opclasses),
    )


# The catalog's facts, as plain values.

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
