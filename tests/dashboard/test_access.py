"""Who may see the dashboard; everybody else must not learn that it exists."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.dashboard.kept import STRANGER

PATHS = [
    "",
    "traces.json",
    "problems/",
    "problems.json",
    "traces/x/",
    "traces/x.json",
    "traces/x/groups/",
    "traces/x/queries/",
    "traces/x/queries/0/",
    "traces/x/queries/0/explain/",
    "clear/",
    "pause/",
    "resume/",
    "assets/x/css/base.css",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", PATHS)
def test_strangers_get_a_plain_404(settings, path, method):
    settings.DEBUG = False
    client = Client(enforce_csrf_checks=True, **STRANGER)

    response = getattr(client, method)(f"/_orm/{path}")

    assert response.status_code == 404
    unknown = getattr(client, method)("/nowhere/")
    assert response.content == unknown.content.replace(b"/nowhere/", f"/_orm/{path}".encode())
    assert "csrftoken" not in response.cookies
    assert "frame-ancestors" not in response.headers["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_superuser": True}, 200),
        ({"is_superuser": True, "is_active": False}, 404),
        ({"is_staff": True}, 404),
    ],
)
def test_without_debug_active_superusers_only(settings, facts, expected):
    settings.DEBUG = False
    client = Client()
    client.force_login(get_user_model().objects.create(username="ada", **facts))

    assert client.get("/_orm/").status_code == expected


@pytest.mark.parametrize("path", ["clear/", "pause/", "resume/", "traces/x/queries/0/explain/"])
@pytest.mark.parametrize("has_middleware", [True, False])
def test_forms_need_a_token_also_without_the_middleware(dashboard, settings, path, has_middleware):
    if not has_middleware:
        csrf = "django.middleware.csrf.CsrfViewMiddleware"
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != csrf]

    assert dashboard.client.post(f"/_orm/{path}").status_code == 403


@pytest.mark.parametrize("path", ["clear/", "pause/", "resume/", "traces/x/queries/0/explain/"])
def test_nothing_is_done_by_get(dashboard, path):
    response = dashboard.get(path)

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.django_db
def test_token_may_live_in_the_session(dashboard, settings):
    settings.CSRF_USE_SESSIONS = True

    assert dashboard.post("pause/").status_code == 303


def test_dashboard_needs_no_login_where_everything_else_does(dashboard, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert dashboard.get().status_code == 200


def test_pages_bring_their_own_policy_and_are_not_stored(dashboard):
    response = dashboard.get()

    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
