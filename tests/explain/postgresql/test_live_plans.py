"""The statements of the kept plans, executed now on both servers: the numbers add up there too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.text import render
from tests.explain.aliases import address_of_default
from tests.explain.golden.case import Case
from tests.explain.golden.files import expectation
from tests.explain.golden.making import cases_of, lacks, major_version, make, tables
from tests.explain.postgresql.sums import check_self_times, check_sum

pytestmark = pytest.mark.postgres

PLANS = [(version, case) for version in ("15", "18") for case in cases_of(version)]


@pytest.fixture(scope="module")
def servers(
    postgres15: str, django_db_setup: None, django_db_blocker: Any
) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """A connection to each server; the tables are made when the first plan asks for them."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        addresses = {"15": postgres15, "18": address_of_default()}
        connections = {v: stack.enter_context(tables(url)) for v, url in addresses.items()}
        yield connections


@pytest.mark.parametrize(("version", "case"), PLANS, ids=[f"{v}-{c.name}" for v, c in PLANS])
def test_plan_of_today(
    servers: dict[str, psycopg.Connection[Any]], version: str, case: Case
) -> None:
    if major_version(servers[version]) != version:
        pytest.skip("The settings name a server of another version.")
    payload = make(servers[version], case)
    expected = expectation(payload, [])

    assert lacks(payload, case) == []
    check_self_times(payload, expected)
    check_sum(payload, expected)
    assert len(list(parse_plan(payload).nodes())) == len(expected["steps"])
    assert render(payload)
