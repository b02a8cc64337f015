"""The worker thread in processes that fork, and at the end of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

FORKING = """
import os, sys, threading, time
from orm_insight.workers import Worker

done = []
def work(item):
    done.append((item, os.getpid()))
worker = Worker("work in each process", work, limit=2, delay_s=3_600)
for number in range(3):
    worker.offer(number)
{held}
child = os.fork()
if not child:
    assert worker.dropped == 0, worker.dropped
    assert worker.flush(0.0), "nothing waits in the child"
    worker.offer("child")
    assert worker.flush(30), "the thread of the child"
    os._exit(done != [("child", os.getpid())])
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
may_go.set()
assert worker.flush(30) and done == [(1, os.getpid()), (2, os.getpid())], done
"""
HELD = """
is_held, may_go = threading.Event(), threading.Event()
def hold():
    with worker._changed:
        is_held.set()
        may_go.wait(30)
threading.Thread(target=hold, daemon=True).start()
is_held.wait(30)
"""
FREE = "may_go = threading.Event()"


@pytest.mark.parametrize("held", [FREE, HELD], ids=["free", "lock held at the fork"])
def test_forked_child_has_a_thread_of_its_own(held):
    in_python(FORKING.format(held=held))


MULTIPROCESSING = """
import multiprocessing, os
from orm_insight.workers import Worker

done = []
worker = Worker("work in each process", done.append)

def run(pipe):
    worker.offer(os.getpid())
    pipe.send((worker.flush(30), done == [os.getpid()]))

worker.offer(0)
assert worker.flush(30)
done.clear()
context = multiprocessing.get_context("fork")
ours, theirs = context.Pipe()
process = context.Process(target=run, args=[theirs])
process.start()
assert ours.recv() == (True, True)
process.join()
worker.offer("parent")
assert worker.flush(30) and done == ["parent"]
"""


def test_process_of_multiprocessing_has_a_thread_of_its_own():
    in_python(MULTIPROCESSING)


AT_EXIT = """
import atexit
from orm_insight.workers import Worker

worker = Worker("print", print, delay_s=3_600)
atexit.register(worker.flush)
worker.offer("before the end")
"""


def test_flush_at_the_end_of_the_interpreter():
    assert in_python(AT_EXIT) == "before the end\n"


def in_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
