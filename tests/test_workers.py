"""The one worker thread: it starts, wakes, waits, fails and forks as its docstring says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.recorder import Recorder
from orm_insight.workers import Worker

AGES_S = 3_600.0
PATIENCE_S = 30.0
STEP = "do what a test wants"


@pytest.fixture
def done() -> list[Any]:
    return []


@pytest.fixture
def make(done: list[Any]) -> Iterator[Callable[..., Worker[Any]]]:
    made: list[Worker[Any]] = []

    def make_worker(work: Callable[[Any], object] = done.append, **options: Any) -> Worker[Any]:
        made.append(Worker(STEP, work, **options))
        return made[-1]

    yield make_worker
    for worker in made:
        worker.stop()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"orm_insight: {STEP}"]


def test_noop_without_an_offer(make, done):
    before = threads()
    worker = make()

    assert worker.flush(0.0)
    assert (threads(), done) == (before, [])


def test_thread_starts_with_the_first_offer_and_works_in_order(make, done):
    before = threads()
    worker = make()
    for number in range(3):
        worker.offer(number)

    assert worker.flush(PATIENCE_S)
    assert done == [0, 1, 2]
    [thread] = set(threads()) - set(before)
    assert thread.daemon


def test_thread_works_without_being_flushed(make):
    is_done = threading.Event()
    make(lambda _: is_done.set()).offer(1)

    assert is_done.wait(PATIENCE_S)


def test_flush_wakes_a_thread_that_lets_items_gather(make, done):
    worker = make(delay_s=AGES_S)
    worker.offer(1)

    assert worker.flush(PATIENCE_S)
    worker.offer(2)
    assert worker.flush(PATIENCE_S)
    assert done == [1, 2]


def test_flush_waits_for_the_item_at_work(make):
    is_at_work, may_end = threading.Event(), threading.Event()

    def work(_: Any) -> None:
        is_at_work.set()
        may_end.wait(PATIENCE_S)

    worker = make(work)
    worker.offer(1)
    assert is_at_work.wait(PATIENCE_S)

    assert not worker.flush(0.0)
    may_end.set()
    assert worker.flush(PATIENCE_S)


def test_oldest_gives_way_and_is_counted(make, done):
    worker = make(limit=2, delay_s=AGES_S)
    displaced = [worker.offer(number) for number in range(4)]

    assert displaced == [(), (), (0,), (1,)]
    assert worker.dropped == 2
    assert worker.flush(PATIENCE_S)
    assert done == [2, 3]


def test_later_item_replaces_that_of_its_key(make, done):
    worker = make(delay_s=AGES_S)
    for item, key in (("old", "a"), ("other", "b"), ("new", "a")):
        worker.offer(item, key=key)

    assert "a" in worker
    assert worker.flush(PATIENCE_S)
    assert done == ["new", "other"]
    assert "a" not in worker


def test_item_that_is_offered_again_while_it_is_at_work_is_done_again(make, done):
    is_at_work, may_end = threading.Event(), threading.Event()

    def work(item: str) -> None:
        is_at_work.set()
        may_end.wait(PATIENCE_S)
        done.append(item)

    worker = make(work)
    worker.offer("first", key="a")
    assert is_at_work.wait(PATIENCE_S)
    worker.offer("second", key="a")
    may_end.set()

    assert worker.flush(PATIENCE_S)
    assert done == ["first", "second"]


def test_failure_is_reported_and_ends_nothing(make, done):
    def work(item: int) -> None:
        done.append(1 / item)

    worker = make(work, delay_s=AGES_S)
    for item in (0, 1):
        worker.offer(item)
    assert worker.flush(PATIENCE_S)
    worker.offer(2)

    assert worker.flush(PATIENCE_S)
    assert done == [1.0, 0.5]
    assert list(faults.counts()) == [f"{STEP}: ZeroDivisionError: division by zero"]
    faults.clear()


def test_periodic_work_is_done_without_offers(make):
    rounds, are_enough = [], threading.Event()

    def work(item: Any) -> None:
        rounds.append(item)
        if len(rounds) > 2:
            are_enough.set()

    make(work, interval_s=0.001).offer("first")

    assert are_enough.wait(PATIENCE_S)
    assert rounds[:3] == ["first", None, None]


def test_offer_wakes_periodic_work(make, done):
    worker = make(interval_s=AGES_S)
    for item in "ab":
        worker.offer(item)
        assert worker.flush(PATIENCE_S)

    assert done == ["a", "b"]


def test_forgotten_items_are_not_done(make, done):
    worker = make(limit=1, delay_s=AGES_S)
    for number in range(2):
        worker.offer(number)
    worker.forget()

    assert worker.flush(PATIENCE_S)
    assert (done, worker.dropped) == ([], 0)


@pytest.mark.parametrize("options", [{"delay_s": AGES_S}, {"interval_s": AGES_S}])
def test_stop_ends_the_thread_and_takes_nothing_more(make, done, options):
    before = threads()
    worker = make(**options)
    worker.offer(1)
    if "interval_s" in options:
        assert worker.flush(PATIENCE_S)
    done.clear()
    started = set(threads()) - set(before)
    worker.stop()
    for thread in started:
        thread.join(PATIENCE_S)

    assert len(started) == 1
    assert not any(thread.is_alive() for thread in started)
    assert worker.offer(2) == ()
    assert worker.flush(PATIENCE_S)
    assert done == []


def test_recording_of_who_offers_is_not_taken_along(make, done):
    worker = make(lambda _: done.append(active.get()))
    token = active.set(Recorder())
    try:
        worker.offer(1)
        assert worker.flush(PATIENCE_S)
    finally:
        active.reset(token)

    assert done == [None]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_that_ended_is_replaced(make, done):
    def work(item: str) -> None:
        if item == "exit":
            raise SystemExit
        done.append(item)

    before = threads()
    worker = make(work)
    worker.offer("exit")
    for thread in set(threads()) - set(before):
        thread.join(PATIENCE_S)
    worker.offer("after")

    assert worker.flush(PATIENCE_S)
    assert done == ["after"]


def test_flush_works_itself_where_no_thread_can_be_started(make, done, monkeypatch):
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    worker = make(lambda item: done.append((item, threading.current_thread())))
    worker.offer(1)
    assert done == []

    assert worker.flush(PATIENCE_S)
    assert done == [(1, threading.current_thread())]
