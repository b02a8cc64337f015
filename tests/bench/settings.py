"""The project of one contender, which the environment names, on the database it names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.bench.contenders import BY_NAME

BENCH_CONTENDER = BY_NAME[os.environ["ORM_INSIGHT_BENCH_CONTENDER"]]

DATABASES = {"default": json.loads(os.environ["ORM_INSIGHT_BENCH_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "only for the benchmark"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.bench.project"
STATIC_URL = "/static/"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tests.testapp",
    *BENCH_CONTENDER.apps,
]
MIDDLEWARE = [
    *BENCH_CONTENDER.middleware,
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tests.bench.project.request_timer",
    "tests.bench.project.tenant",
    "tests.bench.project.feature_flags",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
globals().update(BENCH_CONTENDER.settings)
