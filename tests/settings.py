"""The Django project of the tests: two databases, both template engines, toolbar and orm_insight.

Where PostgreSQL is missing, ``default`` is a second SQLite database and tests marked ``postgres``
are skipped. The server's address is filled in by ``tests/conftest.py`` once the server runs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from tests import servers

# SQLite lives in files, so that a second connection (EXPLAIN, another thread) sees the same data.
SQLITE_FOLDER = Path(tempfile.gettempdir()) / f"orm-insight-tests-{os.getpid()}"


def sqlite(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SQLITE_FOLDER / f"{name}.sqlite3",
        "TEST": {"NAME": SQLITE_FOLDER / f"test_{name}.sqlite3", "DEPENDENCIES": []},
    }


def postgresql() -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "TEST": {"NAME": "test_orm_insight"},
    }


DATABASES = {
    "default": postgresql() if servers.has_postgres() else sqlite("default"),
    "sqlite": sqlite("sqlite"),
}
DATABASE_ROUTERS = ["tests.pgapp.router.PostgresOnlyRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = "only for the tests"
ALLOWED_HOSTS = ["*"]
INTERNAL_IPS = ["127.0.0.1"]
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "debug_toolbar",
    "rest_framework",
    "orm_insight",
    "tests.testapp",
    "tests.otherapp",
    "tests.pgapp",
    "tests.places",
    "tests.scenarios",
]
MIDDLEWARE = [
    "orm_insight.middleware.OrmInsightMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "tests.testapp.middleware.StrictPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    {"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True},
]

# The toolbar shows itself as it does on a developer's machine: with DEBUG, to a local address.
DEBUG_TOOLBAR_CONFIG = {"IS_RUNNING_TESTS": False}
DEBUG_TOOLBAR_PANELS = [
    "debug_toolbar.panels.history.HistoryPanel",
    "debug_toolbar.panels.timer.TimerPanel",
    "debug_toolbar.panels.sql.SQLPanel",
    "orm_insight.panel.OrmInsightPanel",
]
# On a busy machine any statement may take the tenth of a second that makes it slow.
ORM_INSIGHT: dict[str, Any] = {"SLOW_QUERY_MS": 60_000}
