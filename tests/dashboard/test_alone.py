"""The dashboard in a project that has nothing else: no toolbar, no middleware, no static files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
ROOT = Path(__file__).parent.parent.parent
PROJECT = """
import sys
from django.conf import settings
settings.configure(
    DEBUG=True,
    SECRET_KEY="x",
    ALLOWED_HOSTS=["*"],
    INTERNAL_IPS=["127.0.0.1"],
    INSTALLED_APPS=["orm_insight"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    ROOT_URLCONF="__main__",
)
import django
django.setup()
from django.db import connection
from django.test import Client
from django.urls import include, path
import orm_insight
urlpatterns = [path("deep/er/_orm/", include("orm_insight.urls"))]
with orm_insight.capture("alone") as trace:
    connection.cursor().execute("SELECT 1")
client, base = Client(enforce_csrf_checks=True), "/deep/er/_orm/"
query = f"{base}traces/{trace.id}/queries/0/"
for address in (base, f"{base}traces/{trace.id}/", query):
    assert client.get(address).status_code == 200, address
assert client.get(base, REMOTE_ADDR="203.0.113.7").status_code == 404
assert client.post(query + "explain/").status_code == 403
headers = {"x-csrftoken": client.cookies["csrftoken"].value, "accept": "application/json"}
answer = client.post(query + "explain/", headers=headers)
assert answer.status_code == 200, answer.content
missing = ("debug_toolbar", "django.contrib.admin", "redis")
print("settled without", *(module for module in missing if module not in sys.modules))
"""


def test_dashboard_stands_alone(tmp_path):
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROJECT, str(tmp_path / "alone.sqlite3")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "settled without debug_toolbar django.contrib.admin redis"
