"""Decorated generators are recorded while they run; between two steps the reader works."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

import orm_insight
from orm_insight import insight
from orm_insight.capture.active import active
from tests.capture.marked import ask, markers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shown(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}


@orm_insight.capture("steps")
def steps() -> Iterator[Any]:
    try:
        ask("first step")
        received = yield 1
        ask(f"second step, {received}")
        yield 2
    except ValueError:
        ask("mended")
        yield 3
    finally:
        ask("end")


@orm_insight.capture("async steps")
async def async_steps() -> AsyncIterator[int]:
    for number in range(2):
        await sync_to_async(ask)(f"step {number}")
        yield number


def test_reader_is_not_recorded() -> None:
    for _ in steps():
        ask("reader")
        assert active.get() is None
    [trace] = insight.recent()
    assert (trace.name, markers(trace)) == ("steps", ["first step", "second step, None", "end"])


def test_what_is_sent_and_thrown_arrives() -> None:
    sent = steps()
    assert (next(sent), sent.send("sent")) == (1, 2)
    sent.close()
    thrown = steps()
    assert (next(thrown), thrown.throw(ValueError())) == (1, 3)
    assert list(thrown) == []
    second, first = insight.recent()
    assert (markers(first), first.error) == (["first step", "second step, sent", "end"], None)
    assert markers(second) == ["first step", "mended", "end"]


def test_blocks_around_have_it_all() -> None:
    with orm_insight.capture("around") as around:
        for _ in steps():
            ask("reader")
    assert markers(around) == ["first step", "reader", "second step, None", "reader", "end"]


def test_asynchronous() -> None:
    async def read() -> list[int]:
        numbers = []
        async for number in async_steps():
            await sync_to_async(ask)("reader")
            numbers.append(number)
        return numbers

    assert async_to_sync(read)() == [0, 1]
    [trace] = insight.recent()
    assert (trace.name, markers(trace)) == ("async steps", ["step 0", "step 1"])


def test_failing_has_its_error() -> None:
    @orm_insight.capture
    def failing() -> Iterator[int]:
        yield 1
        raise RuntimeError("why")

    with pytest.raises(RuntimeError, match="why"):
        list(failing())
    assert insight.recent()[0].error == "RuntimeError: why"
