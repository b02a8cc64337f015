"""Changes made at run time reach all who share a store, and survive its faults."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.recording import control
from orm_insight.recording.control import Board, UnreadableBoardError, decode_board, encode_board
from tests.redis_server import RedisServer

OTHER = """
import sys, django
from django.conf import settings
settings.configure(ORM_INSIGHT={"REDIS_URL": sys.argv[1]}, INSTALLED_APPS=["orm_insight"])
django.setup()
from orm_insight import insight
from orm_insight.recording import control
from orm_insight.conf import get_config
control.follow()
for line in sys.stdin:
    exec(line)
    print(get_config().sample_rate, insight.is_recording(), flush=True)
"""
PATIENCE_S = 20


@pytest.fixture
def shared(redis_server: RedisServer, settings: Any) -> Iterator[RedisServer]:
    settings.ORM_INSIGHT = {"REDIS_URL": redis_server.url}
    insight.reset()
    yield redis_server
    foreign(redis_server, b"")
    insight.reset()


def becomes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def test_a_board_is_read_as_it_was_written() -> None:
    board = Board(
        sample_rate=0.5,
        is_paused=True,
        deep={"/a/": "1"},
        changed_by="me",
    )
    assert decode_board(encode_board(board)) == board
    assert decode_board(b"") == Board()


@pytest.mark.parametrize(
    "data", [b"\xff", b"{}", b"[]", b'{"orm_insight": 99, "sample_rate": 1}', b'{"orm_insight": 2}']
)
def test_what_is_no_board_is_told(data: bytes) -> None:
    with pytest.raises(UnreadableBoardError):
        decode_board(data)


@pytest.mark.process
def test_a_change_reaches_another_process_and_comes_back(shared: RedisServer) -> None:
    command = [sys.executable, "-c", OTHER, shared.url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as other:  # type: ignore[call-overload]
        try:

            def ask(line: str = "pass") -> str:
                print(line, file=other.stdin, flush=True)
                return str(other.stdout.readline().strip())

            assert ask() == "1.0 True"
            control.change_sample_rate(0.5, by="somebody")
            assert becomes_true(lambda: ask() == "0.5 True")
            control.pause()
            assert becomes_true(lambda: ask() == "0.5 False")
            assert ask("control.resume(); control.change_sample_rate(0.1)") == "0.1 True"
            control.follow()
            assert becomes_true(lambda: get_config().sample_rate == 0.1)
            assert insight.is_recording()
        finally:
            other.kill()


@pytest.mark.process
def test_what_is_asked_for_in_depth_is_taken_once_and_off_for_all(shared: RedisServer) -> None:
    command = [sys.executable, "-c", OTHER, shared.url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as other:  # type: ignore[call-overload]
        try:

            def ask(line: str) -> str:
                print(f"print(({line}), end=' ')", file=other.stdin, flush=True)
                return str(other.stdout.readline().split()[0])

            ask("control.record_deep_next('/a/')")
            ask("control.record_deep_next('/b/')")
            control.follow()
            assert becomes_true(lambda: insight.waits_for_deep("/a/"))
            assert insight.takes_deep("/a/")
            assert not insight.takes_deep("/a/")
            assert becomes_true(lambda: ask("insight.waits_for_deep('/a/')") == "False")
            assert ask("insight.takes_deep('/b/')") == "True"
            assert becomes_true(lambda: not insight.waits_for_deep("/b/"))
        finally:
            other.kill()


def test_what_was_taken_is_not_taken_again_while_others_have_not_heard(shared: RedisServer) -> None:
    control.record_deep_next("/a/")
    before = insight.store().read_board()
    assert before
    assert insight.takes_deep("/a/")
    control.record_deep_next("/b/")
    insight.store().write_board(before)
    control.refresh()
    assert not insight.waits_for_deep("/a/")
    control.record_deep_next("/a/")
    assert insight.takes_deep("/a/")


def test_who_asks_in_depth_is_not_who_has_changed_the_limits(shared: RedisServer) -> None:
    control.change_sample_rate(0.5, by="somebody")
    at = control.board().changed_at
    control.record_deep_next("/a/")
    found = control.board()
    assert (found.changed_by, found.changed_at, found.sample_rate) == ("somebody", at, 0.5)
    control.forget_deep("/a/")
    assert not control.board().deep


def test_what_was_read_last_holds_while_redis_is_away(shared: RedisServer) -> None:
    control.change_sample_rate(0.5)
    shared.stop()
    control.refresh()
    assert get_config().sample_rate == 0.5
    with pytest.raises(control.StoreSilentError):
        control.change_sample_rate(0.1)
    assert get_config().sample_rate == 0.5
    with pytest.raises(control.StoreSilentError):
        control.pause()
    assert insight.is_recording()
    shared.start()
    control.change_sample_rate(0.2)
    control.resume()
    assert (get_config().sample_rate, insight.is_recording()) == (0.2, True)


def foreign(shared: RedisServer, data: bytes) -> None:
    with redis.Redis.from_url(shared.url) as client:
        client.set("{orm_insight}:board", data)
    control.refresh()


def test_what_others_have_left_there_is_told_and_not_used(shared: RedisServer) -> None:
    control.change_sample_rate(0.5)
    foreign(shared, b"\x00 nonsense")
    assert "cannot be read" in (control.problem() or "")
    assert get_config().sample_rate == 0.5
    control.change_sample_rate(0.25)
    assert (get_config().sample_rate, control.problem()) == (0.25, None)


@pytest.mark.parametrize("rate", [7, "often", True, [0.5]])
def test_a_rate_that_the_setting_may_not_have_is_left_out(shared: RedisServer, rate: Any) -> None:
    content = json.loads(encode_board(Board(is_paused=True)))
    content |= {"sample_rate": rate, "max_queries": 5, "redis_url": "redis://x", "new": 1}
    foreign(shared, json.dumps(content).encode())
    assert (get_config().sample_rate, get_config().max_queries) == (1, 10_000)
    assert get_config().redis_url == shared.url
    assert control.board().sample_rate is None
    assert not insight.is_recording()
    assert "SAMPLE_RATE must be" in (control.problem() or "")


def test_board_of_the_release_before_is_told_and_not_used(shared: RedisServer) -> None:
    content = {"orm_insight": 1, "values": {"max_queries": 5}, "is_paused": True}
    foreign(shared, json.dumps({**content, "changed_at": "", "changed_by": ""}).encode())
    assert (get_config().max_queries, insight.is_recording()) == (10_000, True)
    assert "of another version" in (control.problem() or "")
