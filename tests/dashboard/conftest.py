"""A dashboard as a developer sees it: with DEBUG, from the own machine."""

from __future__ import annotations

import pytest
from django.conf import settings as project
from django.test import Client

from orm_insight import insight
from orm_insight.dashboard.digests import Digests
from orm_insight.stores.memory import MemoryStore
from tests.builders import make_query, make_site
from tests.dashboard.kept import at_line
from tests.dashboard.pages import Dashboard

TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"


@pytest.fixture
def dashboard(settings):
    """Without the toolbar around it, and with an empty ring."""
    settings.DEBUG = True
    settings.MIDDLEWARE = [name for name in project.MIDDLEWARE if name != TOOLBAR]
    insight.clear()
    yield Dashboard(Client(enforce_csrf_checks=True))
    insight.reset()


@pytest.fixture
def reads(monkeypatch):
    """The ids of the traces that are read whole. The clock stands still: no page leaves traces to
    the next one."""
    ids, get_many = [], MemoryStore.get_many
    monkeypatch.setitem(Digests.work.__kwdefaults__, "now", lambda: 0.0)
    monkeypatch.setattr(
        MemoryStore, "get_many", lambda self, asked: ids.extend(asked) or get_many(self, asked)
    )
    return ids


@pytest.fixture
def two(dashboard):
    """A page with a loop, and one that is slow without one."""
    dashboard.keep(*at_line(20, 9), path="/loop/", url_name="loop", duration_ms=50.0)
    dashboard.keep(
        make_query('SELECT "x" FROM "shelf"', site=make_site("/app/slow.py", 7), duration_ms=40.0),
        path="/slow/",
        url_name="slow",
        duration_ms=400.0,
    )
    return dashboard


@pytest.fixture
def site(dashboard, live_asgi):
    """The dashboard behind a real server; ``url`` makes addresses."""
    dashboard.url = lambda path="": f"{live_asgi.url}/_orm/{path}"
    return dashboard
