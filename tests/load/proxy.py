"""A proxy in front of Redis that can be slow, talk nonsense or refuse, as somebody asks it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from tests.redis_server import free_port

Mode = Literal["pass", "slow", "garbage"]
DELAY_S = 2.0
GARBAGE = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"


class Proxy:
    """Between a free port and ``target``. Changing ``mode`` concerns open connections too."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.mode: Mode = "pass"
        self._target = target
        self._tasks: set[asyncio.Task[Any]] = set()

    async def serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        async with await asyncio.start_server(self._connect, "127.0.0.1", self.port):
            ready.set()
            await over.wait()
            for task in self._tasks:
                task.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError):
            there = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(self._pass(reader, there[1]), self._answer(there[0], writer))
        writer.close()
        self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self.mode == "slow":
                    await asyncio.sleep(DELAY_S)
                writer.write(GARBAGE if self.mode == "garbage" else data)
                await writer.drain()
        writer.close()


@contextmanager
def proxied(target: int) -> Iterator[Proxy]:
    """Runs in a thread of its own: nobody who asks it can hold it up."""
    proxy = Proxy(target)
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()
    work: Coroutine[Any, Any, None] = proxy.serve(ready, over)
    thread = threading.Thread(target=loop.run_until_complete, args=(work,), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        if not thread.is_alive():
            loop.close()
