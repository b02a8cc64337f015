"""Runs generators with a recorder active while they run, and not while they wait to go on.

Between two steps the thread works for whoever reads what they yield.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

Around: TypeAlias = AbstractContextManager[None]
"""Entered anew for each step."""


def steps_within(
    whole: AbstractContextManager[Around], steps: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """What ``yield from steps`` does, all of it inside of ``whole`` and each step of its value."""
    go_on: Callable[[], Any] = partial(next, steps)
    with whole as around:
        while True:
            with around:
                try:
                    part = go_on()
                except StopIteration as end:
                    return end.value
            try:
                go_on = partial(steps.send, (yield part))
            except GeneratorExit:
                with around:
                    steps.close()
                raise
            except BaseException as error:
                go_on = partial(steps.throw, error)


async def async_steps_within(
    whole: AbstractContextManager[Around], steps: AsyncGenerator[Any, Any]
) -> AsyncGenerator[Any, Any]:
    go_on: Callable[[], Any] = partial(anext, steps)
    with whole as around:
        while True:
            with around:
                try:
                    part = await go_on()
                except StopAsyncIteration:
                    return
            try:
                go_on = partial(steps.asend, (yield part))
            except GeneratorExit:
                with around:
                    await steps.aclose()
                raise
            except BaseException as error:
                go_on = partial(steps.athrow, error)
