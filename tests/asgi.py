"""The test project behind a real ASGI server, in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections

START_TIMEOUT_S = 30


class LiveServer(threading.Thread):
    """Serves on a free local port; its database connections are closed when it ends."""

    def __init__(self) -> None:
        super().__init__(name="live-asgi", daemon=True)
        application = ASGIStaticFilesHandler(get_asgi_application())
        config = uvicorn.Config(application, log_level="warning", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.is_serving = threading.Event()

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self.socket.close()

    async def _serve(self) -> None:
        self.socket.listen()
        self.is_serving.set()  # the kernel queues connections from now on
        await self.server.serve(sockets=[self.socket])
        await sync_to_async(connections.close_all)()

    def stop(self) -> None:
        self.server.should_exit = True
        self.join()


@contextmanager
def running_server() -> Iterator[LiveServer]:
    server = LiveServer()
    server.start()
    if not server.is_serving.wait(START_TIMEOUT_S):
        raise RuntimeError("The ASGI server did not start")
    try:
        yield server
    finally:
        server.stop()
