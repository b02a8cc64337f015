"""A project whose tasks know which statements are theirs: each asks for the token it was given."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection

FOLDER = Path(os.environ["WORKERS_FOLDER"])
REDIS = os.environ["WORKERS_REDIS"]
HAS_TASKS = bool(find_spec("django_tasks_db") and find_spec("django.tasks"))

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "workers.sqlite3",
            "OPTIONS": {"timeout": 30},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["orm_insight", *(["django_tasks_db"] if HAS_TASKS else [])],
    ORM_INSIGHT={
        "REDIS_URL": REDIS,
        "REDIS_PREFIX": os.environ["WORKERS_PREFIX"],
        "REDACT_PARAMS": False,
        "MAX_TRACES": 5_000,
        "SECRET_NAMES": [],
    },
    TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}} if HAS_TASKS else {},
    SECRET_KEY="only for the tests",
    USE_TZ=True,
)
django.setup()

app = Celery("workers", broker=REDIS)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=False,
    task_default_queue=os.environ["WORKERS_PREFIX"],
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
)


def ask(token: str, times: int) -> None:
    for _ in range(times):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [token])


@app.task(name="ask")
def ask_task(token: str, times: int) -> None:
    ask(token, times)


@app.task(name="nested")
def nested_task(token: str, times: int) -> None:
    """An eager task inside of another one."""
    ask(token, 1)
    ask_task.apply(args=(token, times - 1))


@app.task(name="fail")
def fail_task(token: str, times: int) -> None:
    ask(token, times)
    raise ValueError(f"no {token}")


@app.task(name="leave")
def leave_task(token: str, times: int) -> None:
    ask(token, times)
    raise SystemExit(3)


@app.task(name="retry", bind=True, max_retries=1)
def retry_task(self: Any, token: str, times: int) -> None:
    ask(token, times)
    if not self.request.retries:
        raise self.retry(countdown=0, exc=ValueError("later"))


@app.task(name="limited", soft_time_limit=1)
def limited_task(token: str, times: int) -> None:
    """Works until its limit ends it."""
    ask(token, times)
    try:
        while True:
            pass
    except SoftTimeLimitExceeded:
        ask(token, 1)
        raise


@app.task(name="endless", time_limit=1)
def endless_task(token: str, times: int) -> None:
    """Its process is ended by the worker."""
    ask(token, times)
    while True:
        pass


if HAS_TASKS:
    from django.tasks import task

    @task
    def ask_later(token: str, times: int) -> None:
        ask(token, times)

    @task
    async def ask_later_async(token: str, times: int) -> None:
        from asgiref.sync import sync_to_async  # noqa: PLC0415

        await sync_to_async(ask)(token, times)

    @task
    def fail_later(token: str, times: int) -> None:
        ask(token, times)
        raise ValueError(f"no {token}")
