"""Asks the toolbar what it knows, as its own JavaScript does."""

from __future__ import annotations

from typing import Any

from debug_toolbar.store import get_store
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

PANEL = "OrmInsightPanel"
MIDDLEWARE = "orm_insight.middleware.OrmInsightMiddleware"


def request_id_of(response: HttpResponse) -> str:
    """Under which the toolbar keeps the request."""
    return response.headers["djdt-request-id"]


def stats_of(response: HttpResponse) -> dict[str, Any]:
    """The facts that the toolbar keeps of our panel."""
    return get_store().panel(request_id_of(response), PANEL)


def content_of(client: Client, response: HttpResponse) -> str:
    """The content that a click on our panel shows."""
    asked = {"request_id": request_id_of(response), "panel_id": PANEL}
    return client.get(reverse("djdt:render_panel"), asked).json()["content"]


def switch_to(client: Client, response: HttpResponse) -> dict[str, str]:
    """Our button and our panel after a click in the history."""
    asked = {"request_id": request_id_of(response), "exclude_history": "True"}
    return client.get(reverse("djdt:history_sidebar"), asked).json()[PANEL]
