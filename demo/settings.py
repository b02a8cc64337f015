"""Django settings of the demo.

Environment variables configure them; ``python -m demo`` sets them. Without them the
module imports as well, with an empty SQLite database in memory.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
from debug_toolbar.settings import PANELS_DEFAULTS

from demo.database import IN_MEMORY, parse_url

FOLDER = Path(__file__).parent
DATABASE_URL = os.environ.get("ORM_INSIGHT_DEMO_DATABASE_URL", IN_MEMORY)
HOST = os.environ.get("ORM_INSIGHT_DEMO_HOST", "127.0.0.1")
EVERYWHERE = {"0.0.0.0", "::"}

# A demo on the own machine: the key protects nothing, and everybody may know the password.
SECRET_KEY = "orm-insight-demo-no-secret"
DEBUG = True
ALLOWED_HOSTS = ["*"] if HOST in EVERYWHERE else ["localhost", "127.0.0.1", "[::1]", HOST]
INTERNAL_IPS = ["127.0.0.1", "::1"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "debug_toolbar",
    "orm_insight",
    "demo.blog",
]

MIDDLEWARE = [
    "orm_insight.middleware.OrmInsightMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if django.VERSION >= (6, 0):
    # Panel and dashboard work under a strict policy: the demo shows it where Django can.
    MIDDLEWARE.append("django.middleware.csp.ContentSecurityPolicyMiddleware")
    SECURE_CSP = {"default-src": ["'self'"], "img-src": ["'self'", "data:"]}

DATABASES = {"default": parse_url(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "demo.urls"
ASGI_APPLICATION = "demo.asgi.application"
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "demo.pages.context.layout",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FOLDER / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        # The base layout is written so that both engines understand it.
        "DIRS": [FOLDER / "jinja2", FOLDER / "templates"],
        "OPTIONS": {"context_processors": ["demo.pages.context.layout"]},
    },
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [FOLDER / "static"]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
LOGIN_URL = "admin:login"

# What fills the database is no page to be looked at.
ORM_INSIGHT: dict[str, object] = {
    "COMMANDS": False,
    "KEEP_TRACES_IN": os.environ.get("ORM_INSIGHT_DEMO_TRACES"),
    "EDITOR": os.environ.get("ORM_INSIGHT_DEMO_EDITOR"),
}

# The toolbar's default list without the panels that are switched off under ASGI anyway, and
# with ours near the top.
NOT_UNDER_ASGI = {
    "debug_toolbar.panels.profiling.ProfilingPanel",
    "debug_toolbar.panels.request.RequestPanel",
}
DEBUG_TOOLBAR_PANELS = [panel for panel in PANELS_DEFAULTS if panel not in NOT_UNDER_ASGI]
DEBUG_TOOLBAR_PANELS.insert(1, "orm_insight.panel.OrmInsightPanel")
DEBUG_TOOLBAR_CONFIG = {
    # The tests start this server in an environment that looks like a test run.
    "IS_RUNNING_TESTS": False,
    "DISABLE_PANELS": {"debug_toolbar.panels.redirects.RedirectsPanel"},
}
