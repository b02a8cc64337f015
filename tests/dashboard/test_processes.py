"""Other processes of the same server are noticed: real ones, forked and spawned."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process
CODE = """
import multiprocessing, sys, threading
from django.conf import settings
settings.configure()
from orm_insight.dashboard.state import _has_siblings

def work(together, answers):
    together.wait()
    answers.put(_has_siblings())
    together.wait()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    number = int(sys.argv[2])
    together, answers = context.Barrier(number), context.Queue()
    arguments = (together, answers)
    workers = [context.Process(target=work, args=arguments) for _ in range(number)]
    for worker in workers:
        worker.start()
    print(*sorted({answers.get() for _ in workers}), _has_siblings())
    for worker in workers:
        worker.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has /proc.")
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize(("number", "expected"), [(1, "False False"), (3, "True False")])
def test_worker_knows_of_others_like_it(tmp_path, method, number, expected):
    script = tmp_path / "server.py"
    script.write_text(CODE)

    answer = subprocess.run(
        [sys.executable, script, method, str(number)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert answer.stdout.strip() == expected
