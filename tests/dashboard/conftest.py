"""A dashboard as a developer sees it: with DEBUG, from the own machine."""

from __future__ import annotations

import pytest
from django.conf import settings as project
from django.test import Client

from orm_insight import insight
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
def site(dashboard, live_asgi):
    """The dashboard behind a real server; ``url`` makes addresses."""
    dashboard.url = lambda path="": f"{live_asgi.url}/_orm/{path}"
    return dashboard
