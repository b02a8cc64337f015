"""The site under load: its settings come from the environment, its pages from beside it.

As a program it runs management commands: ``python -m tests.load.project migrate --run-syncdb``.
"""

from __future__ import annotations

import json
import os
import sys

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.load import timings

OPTIONS = json.loads(os.environ["LOAD_OPTIONS"])
TOOL = OPTIONS["tool"]
URLS = {"silk": "silk.urls", "toolbar": "debug_toolbar.urls"}

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES=OPTIONS["databases"],
        DEBUG=False,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "tests.testapp",
            *OPTIONS["apps"],
        ],
        MIDDLEWARE=OPTIONS["middleware"],
        # All tables at once: those of the test application refer to the others.
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "sessions", "silk")),
        ORM_INSIGHT=OPTIONS["ours"],
        DEBUG_TOOLBAR_PANELS=["debug_toolbar.panels.sql.SQLPanel"],
        DEBUG_TOOLBAR_CONFIG={"SHOW_TOOLBAR_CALLBACK": "tests.load.pages.everybody"},
        ROOT_URLCONF="tests.load.urls",
        SECRET_KEY="only for the tests",
        STATIC_URL="/static/",
        TEMPLATES=[
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
            }
        ],
        USE_TZ=True,
    )

wsgi = get_wsgi_application()
asgi = get_asgi_application()
# Loads the driver before there are threads: two that import it at once get half of it.
assert connections["default"].vendor == "postgresql"

if folder := OPTIONS["timings"]:
    timings.install(folder)

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
