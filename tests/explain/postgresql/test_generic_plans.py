"""Plans for any values, where the captured ones were withheld."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from orm_insight.explain.base import Outcome
from orm_insight.explain.postgresql import numbered
from orm_insight.explain.runner import explain
from orm_insight.model.trace import REDACTED
from tests.explain.outcomes import use_the_orm
from tests.explain.recording import query, recorded
from tests.explain.snapshot import snapshot

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases=["default"])]

BY_NAME = "SELECT * FROM testapp_person WHERE name = %s AND id IN (%s, %s)"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", ("SELECT 1", 0)),
        ("a = %s AND b = %s", ("a = $1 AND b = $2", 2)),
        ("a = %(x)s AND b = %(y)s AND c = %(x)s", ("a = $1 AND b = $2 AND c = $1", 2)),
        ("a LIKE 'x%%' AND b = %b", ("a LIKE 'x%' AND b = $1", 1)),
    ],
)
def test_numbered(sql: str, expected: tuple[str, int]) -> None:
    assert numbered(sql) == expected


@pytest.mark.usefixtures("binding")
def test_a_plan_for_any_values() -> None:
    for analyze in (False, True):
        found = explain(query(BY_NAME, ("a", REDACTED, REDACTED)), analyze=analyze)
        assert found.outcome is Outcome.EXPLAINED, found.error
        assert not found.analyzed
        assert found.plan is not None and found.plan.root.loops is None
        assert found.notice is not None and found.notice.startswith("A generic plan")
        assert "$2" in found.text


def test_nothing_of_what_the_orm_sends_is_executed() -> None:
    with recorded() as queries:
        use_the_orm()
    before = snapshot()
    explained = 0
    for one in queries:
        withheld = tuple(REDACTED for _ in one.params or ())
        if withheld:
            found = explain(query(one.sql, withheld), analyze=True)
            assert found.plan is not None or "withheld" in (found.error or ""), found
            explained += found.plan is not None
    assert explained > 20
    assert snapshot() == before


def test_a_second_statement_is_refused() -> None:
    found = explain(query("SELECT %s::int; DELETE FROM testapp_person", (REDACTED,)), analyze=True)
    assert found.error is not None and "More than one statement" in found.error


def test_behind_a_pooler_nothing_stays_prepared(
    pgbouncer15: str, postgres15: str, database: dict[str, Any]
) -> None:
    parts = conninfo_to_dict(pgbouncer15)
    where = {"HOST": parts["host"], "PORT": str(parts.get("port", "")), "USER": parts["user"]}
    database.update(NAME=conninfo_to_dict(postgres15)["dbname"], **where)
    for sql in ("SELECT %s::int", "SELECT %s::int FROM nowhere", "SELECT 1 / (%s::int - 1)"):
        explain(query(sql, (REDACTED,)), analyze=True)
    found = explain(query("SELECT count(*) FROM pg_prepared_statements"), analyze=True)
    assert found.plan is not None and found.plan.root.children[0].rows == 0
