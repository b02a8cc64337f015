"""The project of the tests on one SQLite database, with the apps that the tool asks for."""

import os

from tests import settings as project

SECRET_KEY = project.SECRET_KEY
DEBUG = True
USE_TZ = True
DEFAULT_AUTO_FIELD = project.DEFAULT_AUTO_FIELD
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DATABASE_ROUTERS = project.DATABASE_ROUTERS
TEMPLATES = project.TEMPLATES
STATIC_URL = project.STATIC_URL
ROOT_URLCONF = "django.contrib.staticfiles.urls"
INSTALLED_APPS = [
    *(app for app in project.INSTALLED_APPS if app != "debug_toolbar"),
    *filter(None, os.environ.get("ORM_INSIGHT_PEER_APPS", "").split(",")),
]
ORM_INSIGHT = {"REDACT_PARAMS": False, "MAX_TRACES": 1, "COMMANDS": False}
ZEAL_RAISE = False  # warnings are collected instead
ZEAL_NPLUSONE_THRESHOLD = 2
