"""Slow queries explained without asking: real requests, a real thread, a real database."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from contextlib import contextmanager

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path

import orm_insight
from orm_insight import insight
from orm_insight.capture import faults
from tests.builders import make_query, make_trace

SLOW = "SELECT count(*), pg_sleep(%s) FROM testapp_book"
SETTINGS = {"EXPLAIN_SLOW": True, "SLOW_QUERY_MS": 50, "REDACT_PARAMS": False}
WAIT_S = 20

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def run(sql=SLOW, params=(0.06,)):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def slow_view(request):
    run()
    run("SELECT 1", None)
    return HttpResponse("done")


urlpatterns = [path("slow/", slow_view), path("_orm/", include("orm_insight.urls"))]


@pytest.fixture(autouse=True)
def project(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["orm_insight.middleware.OrmInsightMiddleware"]
    settings.DEBUG = True
    settings.ORM_INSIGHT = SETTINGS
    yield
    finish()


def finish():
    assert insight.slow_explainer().wait(WAIT_S)


def threads():
    return [thread for thread in threading.enumerate() if "explains slow" in thread.name]


def only_trace():
    [trace] = insight.recent()
    return trace


@pytest.mark.django_db(transaction=True)
def test_response_first_plan_afterwards():
    handler = WSGIHandler()
    response = handler(RequestFactory().get("/slow/").environ, lambda status, headers: None)
    trace = only_trace()
    assert list(response) == [b"done"]
    assert threads() == []
    assert insight.plan_of(trace.id, 0) is None

    response.close()
    finish()

    kept = insight.plan_of(trace.id, 0)
    assert kept.origin == "slow"
    assert kept.at > trace.started_at
    assert not kept.explanation.analyzed
    assert "testapp_book" in kept.explanation.text
    assert insight.plan_of(trace.id, 1) is None
    assert threads() == []
    assert len(only_trace().queries) == 2


def test_off_by_default(client, settings):
    settings.ORM_INSIGHT = {"SLOW_QUERY_MS": 50, "REDACT_PARAMS": False}
    client.get("/slow/")
    finish()

    assert insight.plans_of(only_trace().id) == {}


def test_nothing_where_explain_is_off(client, settings):
    settings.ORM_INSIGHT = {**SETTINGS, "EXPLAIN_ENABLED": False}
    client.get("/slow/")
    finish()

    assert insight.plans_of(only_trace().id) == {}


def test_withheld_parameters_are_no_failure(client, settings):
    settings.ORM_INSIGHT = {**SETTINGS, "REDACT_PARAMS": True}
    client.get("/slow/")
    finish()

    [kept] = insight.plans_of(only_trace().id).values()
    assert kept.explanation.notice.startswith("A plan for any values")
    assert faults.counts() == {}


def test_a_block_is_explained_when_it_is_over():
    with orm_insight.capture("import") as trace:
        run()
    finish()

    assert list(insight.plans_of(trace.id)) == [0]


def test_nothing_is_captured_of_it():
    with orm_insight.capture("outer") as outer:
        with orm_insight.capture("inner") as inner:
            run()
        finish()
        assert insight.plan_of(inner.id, 0) is not None

    assert [query.sql for query in outer.queries] == [SLOW]


def test_a_statement_is_explained_once_in_a_while(client):
    client.get("/slow/")
    finish()
    client.get("/slow/")
    finish()

    second, first = insight.recent()
    assert insight.plan_of(first.id, 0) is not None
    assert insight.plan_of(second.id, 0) is None
    assert len(insight.kept_explanations(second.queries[0])) == 1


def test_a_statement_that_cannot_be_explained_is_counted_and_the_next_one_is():
    gone = make_query("SELECT * FROM gone", duration_ms=500, vendor="postgresql")
    here = make_query("SELECT * FROM testapp_book", duration_ms=400, vendor="postgresql")
    trace = make_trace(gone, here, kind="capture")
    insight.keep(trace)
    finish()

    [fault] = faults.counts()
    faults.clear()
    assert "explain a slow query" in fault
    assert "gone" in fault
    assert list(insight.plans_of(trace.id)) == [1]


def test_a_statement_that_has_no_plan_is_no_failure():
    insight.keep(make_trace(make_query("VACUUM", duration_ms=500), kind="capture"))
    finish()

    assert faults.counts() == {}


@pytest.mark.django_db(transaction=True)
def test_cleared_traces_are_not_explained():
    response = WSGIHandler()(RequestFactory().get("/slow/").environ, lambda *_: None)
    trace = only_trace()
    insight.clear()
    response.close()
    finish()

    assert insight.plans_of(trace.id) == {}


def test_changed_settings_stop_the_old_thread(settings):
    queries = [make_query(f"SELECT {'a' * n}", duration_ms=500 + n) for n in (1, 2, 3)]
    settings.ORM_INSIGHT = {**SETTINGS, "EXPLAIN_SLOW_PER_MINUTE": 1}
    old = insight.slow_explainer()
    insight.keep(make_trace(*queries, kind="capture"))
    deadline = time.monotonic() + WAIT_S
    while not faults.counts() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not old.wait(0)

    settings.ORM_INSIGHT = SETTINGS

    assert old.wait(WAIT_S)
    assert insight.slow_explainer() is not old
    faults.clear()


def test_a_forked_process_waits_for_no_thread_of_its_parent():
    parents = insight.slow_explainer()
    parents.offer(make_trace(make_query(duration_ms=500)))
    with locked_by_another_thread(parents._changed), warnings.catch_warnings():
        # Python warns of the threads that the child does not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            signal.alarm(WAIT_S)
            parents._after_response()
            ours = insight.slow_explainer()
            os._exit(0 if ours is not parents and ours.wait(1) else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@contextmanager
def locked_by_another_thread(lock):
    is_locked, may_end = threading.Event(), threading.Event()

    def hold():
        with lock:
            is_locked.set()
            may_end.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    is_locked.wait()
    yield
    may_end.set()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_behind_a_real_server(live_asgi):
    response = httpx.get(f"{live_asgi.url}/slow/", timeout=WAIT_S)
    assert response.text == "done"
    deadline = time.monotonic() + WAIT_S
    while not insight.plans_of(only_trace().id) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert list(insight.plans_of(only_trace().id)) == [0]


def test_what_is_too_much_is_told_on_the_list(client, settings):
    settings.ORM_INSIGHT = {**SETTINGS, "EXPLAIN_SLOW_PER_MINUTE": 1}
    queries = [make_query(f"SELECT 1 AS {'a' * n}", duration_ms=500 + n) for n in range(1, 25)]
    trace = make_trace(*queries, kind="capture")
    insight.keep(trace)
    deadline = time.monotonic() + WAIT_S
    while not insight.plans_of(trace.id) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert list(insight.plans_of(trace.id)) == [23]
    assert insight.status().not_explained == 4
    assert "4 slow queries not explained" in client.get("/_orm/").content.decode()
    insight.reset()


def test_page_and_json_have_the_plan(client):
    client.get("/slow/")
    finish()
    trace = only_trace()

    listed = client.get(f"/_orm/traces/{trace.id}/queries/?fragment=1").content.decode()
    assert [">explained</span>" in row for row in listed.split("<tr")[1:]] == [True, False]

    page = client.get(f"/_orm/traces/{trace.id}/queries/0/").content.decode()
    assert "explained without asking at " in page
    assert "oi-plan" in page
    assert "oi-plan" not in client.get(f"/_orm/traces/{trace.id}/queries/1/").content.decode()

    row = client.get(f"/_orm/traces/{trace.id}/queries/0/?fragment=1").content.decode()
    assert "explained without asking at " in row
    assert "oi-plan" in row

    slow, fast = client.get(f"/_orm/traces/{trace.id}.json").json()["queries"]
    assert slow["plan"]["origin"] == "slow"
    assert slow["plan"]["at"] == insight.plan_of(trace.id, 0).at.isoformat()
    assert slow["plan"]["plan"]["root"]["node_type"] == "Aggregate"
    assert "plan" not in fast
