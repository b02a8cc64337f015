"""The worker of django-tasks-db: what it runs are traces, not how it looks for work."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.capture.marked import markers
from tests.recording.workers.running import Workers

pytestmark = pytest.mark.skipif(
    not (find_spec("django.tasks") and find_spec("django_tasks_db")),
    reason="Django has tasks from 6.0 on; django-tasks-db is an extra of its own",
)


def test_each_task_is_a_trace_of_its_own(workers: Workers) -> None:
    workers.run(
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "for number in range(10):\n"
        "    project.ask_later.enqueue(f'{number}', 1 + number % 3)\n"
        "project.ask_later_async.enqueue('waits', 2)\n"
        "project.fail_later.enqueue('fails', 3)\n"
    )
    worker = (
        "from django.core.management import call_command; call_command('db_worker', batch=True)"
    )
    workers.run(worker)

    traces = workers.wait_for(12)
    assert [t.name for t in workers.traces() if t.kind == "command"] == ["migrate"]
    by_token = {markers(trace)[0]: trace for trace in traces}
    numbered = [len(by_token[str(number)].queries) for number in range(10)]
    assert numbered == [1 + number % 3 for number in range(10)]
    assert len(by_token["waits"].queries) == 2
    assert by_token["fails"].error == "ValueError: no fails"
    assert by_token["fails"].name == "tests.recording.workers.project.fail_later"
    assert len({trace.tags["task id"] for trace in traces}) == 12
    assert {trace.tags["queue"] for trace in traces} == {"default"}
