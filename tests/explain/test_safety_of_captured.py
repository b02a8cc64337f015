"""Statements of an application, recorded as in a request, then explained: nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import Error, connection, transaction

import orm_insight
from orm_insight import insight
from orm_insight.explain.base import Outcome
from orm_insight.model.trace import Query
from orm_insight.sql.statement import verb
from tests.explain import statements
from tests.explain.outcomes import use_the_orm
from tests.explain.snapshot import snapshot

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db(transaction=True, databases=["default"]),
]

# These may run in a transaction that is rolled back.
OTHER_KINDS = frozenset(
    {"DO", "CALL", "COPY", "LISTEN", "NOTIFY", "TRUNCATE", "LOCK", "PREPARE", "EXECUTE", "FETCH"}
    | {"CREATE", "ALTER", "DROP", "GRANT", "COMMENT", "REFRESH", "ANALYZE", "SHOW", "VACUUM"}
)
# These act at once on the server, whatever becomes of the transaction.
NOT_HERE = ("replication_slot", "lo_export", "pg_reload", "/tmp/", "pg_stat_reset", "PROGRAM")


@pytest.fixture
def items(transactional_db: None, settings: Any) -> Iterator[None]:
    settings.DEBUG = True  # parameters are kept
    insight.reset()
    with connection.cursor() as cursor:
        cursor.execute(statements.SETUP)
    yield
    with connection.cursor() as cursor:
        cursor.execute(statements.TEARDOWN)


def corpus() -> list[tuple[str, Any]]:
    others = [one for one in statements.IMPOSSIBLE if verb(one[0]) in OTHER_KINDS]
    several = [one for one in statements.IMPOSSIBLE if one[0].startswith("SELECT 1;")]
    everything = [*statements.READS, *statements.WRITES, *statements.UNDONE, *others, *several]
    everything += statements.HELD_BACK + statements.CURSORS
    return [
        (sql, params) for sql, params in everything if not any(word in sql for word in NOT_HERE)
    ]


def send(sql: str, params: Any) -> None:
    """As an application would; what comes of it is taken back."""
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, params)
        except Error:
            pass
        transaction.set_rollback(True)


def once_each(queries: Iterable[Query]) -> Iterable[Query]:
    """Savepoints have a new name each time."""
    kinds = {"SAVEPOINT", "RELEASE", "ROLLBACK"}
    return {
        kind if (kind := verb(str(query.sql))) in kinds else query.sql: query for query in queries
    }.values()


def test_everything_recorded_is_explained_without_a_trace(items: None) -> None:
    with orm_insight.capture("everything") as trace:
        for sql, params in corpus():
            send(sql, params)
        use_the_orm()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    before = snapshot()

    outcomes: dict[str, set[Outcome]] = {}
    for query in once_each(trace.queries):
        for analyze in (False, True):
            found = insight.explain(trace.id, query.index, analyze=analyze)
            assert found is not None and (found.plan is None) == bool(found.error), query.sql
            outcomes.setdefault(verb(str(query.sql)), set()).add(found.outcome)
        assert snapshot() == before, query.sql

    assert all(Outcome.EXPLAINED in outcomes[kind] for kind in ("SELECT", "WITH", "MERGE", "TABLE"))
    assert all(Outcome.EXPLAINED in outcomes[kind] for kind in ("INSERT", "UPDATE", "DELETE"))
    refused = OTHER_KINDS - {"CREATE", "EXECUTE"}
    assert all(outcomes[kind] == {Outcome.REFUSED} for kind in refused), outcomes
