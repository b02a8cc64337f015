"""Tasks of ``django.tasks``, run at once: whose their statements are, and how they end."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

pytest.importorskip("django.tasks", reason="Django has tasks from 6.0 on")

from django.tasks import TaskResultStatus, task
from django.tasks.base import Task

import orm_insight
from orm_insight import insight
from orm_insight.recording import tasks

pytestmark = pytest.mark.django_db
HERE = __name__


@task
def ask(times: int) -> None:
    for _ in range(times):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


@task
async def ask_async(times: int) -> None:
    await sync_to_async(ask.func)(times)


@task
def fail() -> None:
    ask.func(1)
    raise ValueError("no")


@task
def interrupt() -> None:
    ask.func(1)
    raise KeyboardInterrupt


def view(request: HttpRequest) -> HttpResponse:
    ask.enqueue(2)
    return HttpResponse()


urlpatterns = [path("view/", view)]


def one() -> orm_insight.Trace:
    [trace] = insight.recent()
    return trace


@pytest.mark.parametrize("chosen", [ask, ask_async])
def test_a_task_is_a_trace(chosen):
    result = chosen.enqueue(3)

    trace = one()
    assert (trace.kind, trace.name, trace.view) == ("task", chosen.module_path, chosen.module_path)
    assert trace.tags == {"queue": "default", "task id": result.id}
    assert (len(trace.queries), trace.error) == (3, None)
    assert {query.site.function for query in trace.queries} == {"ask"}


def test_a_task_that_is_awaited_is_a_trace():
    async_to_sync(ask_async.acall)(2)

    assert len(one().queries) == 2
    assert one().tags == {"queue": "default"}


def test_the_id_is_not_that_of_an_earlier_task():
    ask.enqueue(1)
    insight.clear()

    fail.using(queue_name="default").enqueue()
    ask_async.call(1)

    assert [trace.tags.keys() for trace in insight.recent()] == [{"queue"}, {"queue", "task id"}]


def test_a_failing_task_has_its_error():
    result = fail.enqueue()

    assert result.status == TaskResultStatus.FAILED
    assert one().error == "ValueError: no"


def test_an_interrupted_task_leaves_nothing_behind():
    with pytest.raises(KeyboardInterrupt):
        interrupt.enqueue()
    ask.func(1)

    assert (one().error, len(one().queries)) == ("KeyboardInterrupt", 1)


@pytest.mark.urls(HERE)
def test_a_task_in_a_request_is_a_part_of_it():
    Client().get("/view/")

    assert (one().kind, len(one().queries)) == ("request", 2)


def test_switched_off():
    with override_settings(ORM_INSIGHT={"TASKS": False}):
        ask.enqueue(1)

        assert insight.recent() == ()


def test_everything_is_undone():
    tasks.uninstall()
    try:
        ask.enqueue(1)
        assert Task.call.__module__ == "django.tasks.base"
        assert insight.recent() == ()
    finally:
        tasks.install()
