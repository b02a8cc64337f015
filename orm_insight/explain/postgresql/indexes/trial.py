"""Tries an index on the real server: as a hypothetical one, or created and rolled back.

A hypothetical index (the extension hypopg) is known to the planner of this session alone. An index
that is really created lives in a transaction of the explaining connection: first it is built, then
the transaction is made read-only, so that the statement explained over it can write nothing, and
at the end all of it is rolled back. Writers to the table wait meanwhile; ``lock_timeout`` and
``statement_timeout`` bound both sides.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from orm_insight.explain.base import Limits, Statement
from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.postgresql.indexes.code import Definition
from orm_insight.explain.postgresql.session import ask, fetch_plan, restrict, set_limits
from orm_insight.model.plan import Plan, Trial, TrialMethod

_HYPOPG = """
SELECT n.nspname FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'
"""
# Kinds of indexes that hypopg can imagine.
_IMAGINABLE = ("USING btree", "USING hash", "USING brin")


def find_hypopg(connection: psycopg.Connection[Any]) -> str | None:
    """The schema of the extension, ``None`` where it is not installed."""
    row = psycopg.Cursor(connection, row_factory=tuple_row).execute(_HYPOPG).fetchone()
    return None if row is None else row[0]


def can_imagine(definition: Definition) -> bool:
    return definition.body.startswith(_IMAGINABLE)


def try_hypothetical(
    connection: psycopg.Connection[Any],
    statement: Statement,
    definition: Definition,
    *,
    schema: str,
    before: Plan,
    limits: Limits,
) -> Trial:
    """Plan the statement as if the index existed. ``schema`` is that of hypopg."""
    extension = sql.Identifier(schema)
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    connection.read_only = True
    with connection.transaction(force_rollback=True):
        restrict(connection, limits)
        create = sql.SQL("SELECT indexname FROM {}.hypopg_create_index({})")
        row = cursor.execute(create.format(extension, sql.Literal(definition.create()))).fetchone()
        try:
            # A savepoint: behind a pooler the session, and what hypopg keeps in it, lives on.
            with connection.transaction():
                after = parse_plan(fetch_plan(connection, statement, analyze=False))
        finally:
            if connection.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
                cursor.execute(sql.SQL("SELECT {}.hypopg_reset()").format(extension))
    name = row[0] if row else ""
    cost_before = _cost(before)
    is_used = any(node.index == name for node in after.nodes())
    return Trial(
        method=TrialMethod.HYPOTHETICAL,
        cost_before=cost_before,
        cost_after=_cost(after) if is_used else cost_before,
        after=after,
    )


def try_created(
    connection: psycopg.Connection[Any],
    statement: Statement,
    definition: Definition,
    *,
    name: str,
    analyze: bool,
    limits: Limits,
) -> Trial:
    """Explain the statement without and with the index; with ``analyze`` both are measured."""
    before = _parse(ask(connection, statement, analyze=analyze, limits=limits))
    cursor = psycopg.Cursor(connection)
    connection.read_only = False
    with connection.transaction(force_rollback=True):
        set_limits(connection, limits)
        if definition.needs_trigrams:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(sql.SQL(definition.create(name)))
        # From here on nothing can be written; this cannot be taken back in this transaction.
        cursor.execute("SET TRANSACTION READ ONLY")
        restrict(connection, limits)
        after = _parse(fetch_plan(connection, statement, analyze=analyze))
    return Trial(
        method=TrialMethod.CREATED,
        cost_before=_cost(before),
        cost_after=_cost(after),
        ms_before=before.execution_ms,
        ms_after=after.execution_ms,
        before=before,
        after=after,
    )


def _parse(payload: bytes) -> Plan:
    return parse_plan(json.loads(payload))


def _cost(plan: Plan) -> float:
    return float(plan.root.raw.get("Total Cost") or 0.0)
