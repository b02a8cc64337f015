"""A project on psycopg2 is told that PostgreSQL is explained through psycopg 3; nothing is sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from orm_insight.explain import runner
from orm_insight.explain.base import Outcome
from tests.explain.recording import query


def test_another_driver_is_named(monkeypatch: pytest.MonkeyPatch):
    wrapper = SimpleNamespace(
        vendor="postgresql",
        display_name="PostgreSQL",
        Database=SimpleNamespace(__name__="psycopg2"),
    )
    monkeypatch.setattr(runner, "_find_alias", lambda alias: wrapper)

    found = runner.explain(query("SELECT 1"), analyze=True)

    assert found.outcome is Outcome.REFUSED
    assert found.error == ("PostgreSQL is explained through psycopg 3; this project uses psycopg2.")
