"""Empties the tables after a test that commits: only those that have rows.

Django empties all of them, and then makes the types of content and their permissions anew. That
takes longer than most of the tests. Where a test has changed these, Django's way is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission")


class Emptying:
    """Does its work for the databases that the tests of a run have asked for."""

    def __init__(self, aliases: Sequence[str]) -> None:
        aliases = [alias for alias in aliases if has_tables(alias)]
        self._tables = {alias: tables_of(alias) for alias in aliases}
        self._kept = {alias: rows_of_kept(alias) for alias in aliases}

    def is_done(self, alias: str) -> bool:
        if alias not in self._tables or self._kept[alias] != rows_of_kept(alias):
            return False
        if filled := with_rows(alias, self._tables[alias]):
            operations = connections[alias].ops
            empty = partial(operations.sql_flush, no_style(), filled, reset_sequences=False)
            operations.execute_sql_flush(empty(allow_cascade=True))
        return True


def has_tables(alias: str) -> bool:
    """A database for which no test asks is not made."""
    return {*KEPT} <= {*connections[alias].introspection.table_names()}


def tables_of(alias: str) -> tuple[str, ...]:
    names = connections[alias].introspection.django_table_names(only_existing=True)
    return tuple(sorted({*names} - {*KEPT}))


def with_rows(alias: str, tables: Sequence[str]) -> list[str]:
    quote = connections[alias].ops.quote_name
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables)
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return [table for (table,) in cursor.fetchall()]


def rows_of_kept(alias: str) -> list[tuple[int, int]]:
    """Their numbers and their last keys."""
    rows = []
    with connections[alias].cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"SELECT count(*), max(id) FROM {table}")
            rows.append(cursor.fetchone())
    return rows


def take_over(emptying: Emptying, patch: pytest.MonkeyPatch) -> None:
    """Let the tests that commit be followed by this in place of the command ``flush``."""
    flush: Callable[[TransactionTestCase], Any] = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        aliases = case._databases_names(include_mirrors=False)
        is_ordinary = case.available_apps is None and not case.serialized_rollback
        if not is_ordinary or not all(emptying.is_done(alias) for alias in aliases):
            flush(case)

    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
