"""A query that was recorded on MariaDB, explained on the dashboard's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.db import connections
from django.test import Client

import orm_insight
from orm_insight import insight
from tests.dashboard.pages import Dashboard, check_html

TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"


@pytest.fixture(scope="module")
def item(mariadb: str) -> Iterator[str]:
    with connections[mariadb].cursor() as cursor:
        cursor.execute("CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT, name varchar(50))")
        cursor.execute("INSERT INTO item (name) SELECT concat('<i>', seq) FROM seq_1_to_100000")
    yield mariadb
    with connections[mariadb].cursor() as cursor:
        cursor.execute("DROP TABLE item")


@pytest.fixture
def dashboard(item: str, settings) -> Iterator[Dashboard]:
    """Without the toolbar around it; ``path`` is a recorded query."""
    settings.DEBUG = True
    settings.MIDDLEWARE = [name for name in project.MIDDLEWARE if name != TOOLBAR]
    with orm_insight.capture("items") as trace, connections[item].cursor() as cursor:
        cursor.execute("SELECT name FROM item i WHERE i.name = %s ORDER BY i.name", ["<i>77"])
        assert cursor.fetchall() == (("<i>77",),)
    found = Dashboard(Client())
    found.path = f"traces/{trace.id}/queries/0/"
    yield found
    insight.clear()


def test_measured(dashboard: Dashboard) -> None:
    path = dashboard.path
    response = dashboard.post(f"{path}explain/", referred_by=path, analyze="1")
    page = response.content.decode()
    check_html(page)
    assert response.status_code == 200
    assert "Measured plan" in page
    assert "is a full scan of item that discards 99,999 of 100,000 rows." in page
    assert "keeps 1 of 100,000" in page
    assert "models.Index(fields=[&#34;name&#34;])" in page
    assert "i.`name` = &#39;&lt;i&gt;77&#39;" in page


def test_planned(dashboard: Dashboard) -> None:
    response = dashboard.post(f"{dashboard.path}explain/", referred_by=dashboard.path)
    page = response.content.decode()
    check_html(page)
    assert "Planned, not executed" in page
    assert "All rows of item are read" in page


def test_json(dashboard: Dashboard) -> None:
    path = f"{dashboard.path}explain/?format=json"
    found = dashboard.post(path, referred_by=dashboard.path, analyze="1").json()
    assert (found["outcome"], found["vendor"], found["analyzed"]) == ("explained", "mysql", True)
    assert found["plan"]["findings"][0]["code"] == "full-scan"
    assert found["payload"]["query_block"]["r_loops"] == 1
