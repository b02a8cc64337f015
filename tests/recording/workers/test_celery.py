"""Real workers of Celery: each task is a trace with exactly its own statements."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.capture.marked import markers
from tests.recording.workers.running import Workers

POOLS = {
    "prefork": ["--pool=prefork", "--concurrency=3"],
    "threads": ["--pool=threads", "--concurrency=8"],
    "solo": ["--pool=solo"],
}
MIXED = """
for number in range({count}):
    times = 1 + number % 7
    project.app.tasks[("ask", "nested", "fail", "leave")[number % {kinds}]].delay(
        f"{{times}}-{{number}}", times
    )
"""


def celery(pool: str) -> list[str]:
    app = ["celery", "--app=tests.recording.workers.project:app", "worker", "--loglevel=INFO"]
    return [*app, "--without-gossip", "--without-mingle", "--without-heartbeat", *POOLS[pool]]


@pytest.mark.parametrize("pool", POOLS)
def test_each_task_has_exactly_its_own_statements(pool: str, workers: Workers) -> None:
    # Where the worker itself runs the task, the end of a process would be the worker's.
    kinds = 4 if pool == "prefork" else 3
    workers.run(MIXED.format(count=60, kinds=kinds))
    with workers.running(*celery(pool)):
        traces = workers.wait_for(60)

    assert len(traces) == 60
    for trace in traces:
        [token] = set(markers(trace))
        assert len(trace.queries) == int(str(token).partition("-")[0])
        assert set(trace.tags) == {"task id", "queue", "state"} - (
            {"state"} if trace.name == "leave" else set()
        )
    assert len({trace.tags["task id"] for trace in traces}) == 60
    assert Counter(trace.name for trace in traces)["ask"] == 60 // kinds
    assert {t.error.partition(":")[0] for t in traces if t.error} == (
        {"ValueError", "SystemExit"} if kinds == 4 else {"ValueError"}
    )


def test_a_retry_is_a_trace_of_its_own(workers: Workers) -> None:
    workers.run("project.retry_task.delay('again', 2)")
    with workers.running(*celery("solo")):
        second, first = sorted(workers.wait_for(2), key=lambda t: t.started_at, reverse=True)

    assert (first.tags["state"], second.tags["state"]) == ("retry", "success")
    assert (first.tags.get("retry"), second.tags["retry"]) == (None, "1")
    assert first.tags["task id"] == second.tags["task id"]
    assert first.error.startswith("Retry: ")
    assert second.error is None
    assert markers(first) == markers(second) == ["again"] * 2


def test_a_time_limit_ends_the_trace_with_its_task(workers: Workers) -> None:
    workers.run("project.limited_task.delay('limited', 2); project.ask_task.delay('next', 1)")
    with workers.running(*celery("prefork")[:-1], "--concurrency=1"):
        after, limited = sorted(workers.wait_for(2), key=lambda t: t.name)

    assert (limited.name, markers(limited)) == ("limited", ["limited"] * 3)
    assert limited.error.startswith("SoftTimeLimitExceeded")
    assert (after.name, markers(after), after.error) == ("ask", ["next"], None)


def test_a_process_that_is_ended_leaves_nothing_to_the_next(workers: Workers) -> None:
    workers.run("project.endless_task.delay('ended', 2); project.ask_task.delay('next', 1)")
    with workers.running(*celery("prefork")[:-1], "--concurrency=1"):
        after, ended = sorted(workers.wait_for(2), key=lambda t: t.name)

    assert (ended.name, markers(ended)) == ("endless", ["ended"] * 2)
    assert ended.error.startswith("SystemExit")
    assert (after.name, markers(after), after.error) == ("ask", ["next"], None)


def test_eager_tasks_belong_to_the_block_around_them(workers: Workers) -> None:
    said = workers.run(
        "import orm_insight\n"
        "project.app.conf.task_always_eager = True\n"
        "with orm_insight.capture('around') as block:\n"
        "    project.ask_task.delay('x', 3)\n"
        "project.nested_task.delay('y', 4)\n"
        "print(len(block.queries))"
    )

    assert said == "3\n"
    eager, block = workers.traces()
    assert (block.kind, len(block.queries)) == ("capture", 3)
    assert (eager.kind, eager.name, markers(eager)) == ("task", "nested", ["y"] * 4)


def test_switched_off(workers: Workers) -> None:
    workers.run(
        "from django.test import override_settings\n"
        "with override_settings(ORM_INSIGHT={**project.settings.ORM_INSIGHT, 'TASKS': False}):\n"
        "    project.ask_task.apply(args=('x', 3))\n"
        "project.ask_task.apply(args=('y', 1))"
    )

    [trace] = workers.traces()
    assert markers(trace) == ["y"]
