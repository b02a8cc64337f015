"""The last trace of a process is kept, however soon the process ends after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from orm_insight.stores.redis import RedisStore
from tests.redis_server import RedisServer

pytestmark = pytest.mark.process
ROOT = Path(__file__).parent.parent.parent
PROJECT = """
import json, sys, threading
import django
from django.conf import settings

url, prefix, apps, options = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=json.loads(apps),
    ORM_INSIGHT={
        "REDIS_URL": url, "REDIS_PREFIX": prefix, "SLOW_QUERY_MS": 1, **json.loads(options)
    },
)
django.setup()

from django.db import connection
from orm_insight import capture
from orm_insight.capture.propagation import in_context
from orm_insight.recording.runs import begin_run, finish_run

def ask():
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
            " SELECT count(*) FROM n"
        )
"""
COMMAND = """
recording = begin_run("command", "short")
ask()
finish_run(recording, route="short")
"""
LEFT_BEHIND = """
go_on = threading.Event()
with capture("block"):
    thread = threading.Thread(target=in_context(lambda: (go_on.wait(), ask())))
    thread.start()
go_on.set()
thread.join()
"""
APP = ("orm_insight",)


def kept(server: RedisServer, code: str, apps: tuple[str, ...], **options: object) -> list[str]:
    prefix = f"ending-{uuid4().hex}"
    arguments = [server.url, prefix, json.dumps(apps), json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-c", PROJECT + code, *arguments]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    store = RedisStore(server.url, prefix=prefix)
    try:
        return sorted(entry.summary.name for entry in store.listed())
    finally:
        store.close()


@pytest.mark.parametrize("options", [{}, {"ONLY_WITH_HINTS": True}], ids=["all", "with hints"])
@pytest.mark.parametrize("apps", [APP, ()], ids=["listed", "not listed"])
def test_a_short_command(
    redis_server: RedisServer, apps: tuple[str, ...], options: dict[str, bool]
) -> None:
    code = COMMAND if apps else 'with capture("opened"):\n    pass\n' + COMMAND
    names = kept(redis_server, code, apps, **options)
    assert names == (["short"] if apps else ["opened", "short"])


@pytest.mark.parametrize("apps", [APP, ()], ids=["listed", "not listed"])
def test_what_a_thread_does_behind_a_block(
    redis_server: RedisServer, apps: tuple[str, ...]
) -> None:
    assert kept(redis_server, LEFT_BEHIND, apps) == ["after block", "block"]


def test_without_the_app_listed_each_block_is_kept(redis_server: RedisServer) -> None:
    code = 'for name in "abc":\n    with capture(name):\n        ask()\n'
    assert kept(redis_server, code, ()) == ["a", "b", "c"]
    in_memory = code + (
        "from orm_insight import insight\n"
        'assert {trace.name for trace in insight.recent()} == set("abc"), insight.recent()\n'
    )
    kept(redis_server, in_memory, (), REDIS_URL=None)


def test_what_a_forked_process_has_recorded_last(redis_server: RedisServer) -> None:
    code = "import os\nif os.fork():\n    sys.exit(os.wait()[1])\n" + COMMAND
    assert kept(redis_server, code, APP, ONLY_WITH_HINTS=True) == ["short"]
