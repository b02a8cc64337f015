"""Asks a server from many connections at once, with as little work of its own as possible."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

TIMEOUT_S = 60.0
FAILED = 0
"""The status where there is no response."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A path, whether the reader leaves in the middle, and how it went."""

    path: str
    leaves: bool = False
    status: int = FAILED
    seconds: float = 0.0


class Connection:
    """One connection that is kept, and opened again when the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._place = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, leaves: bool) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._place)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        if leaves:
            await reader.read(1)
            await self.close()
            return status
        await self._read_body(reader, head)
        if "\r\nconnection: close" in head:
            await self.close()
        return status

    async def _read_body(self, reader: asyncio.StreamReader, head: str) -> None:
        _, found, rest = head.partition("\r\ncontent-length:")
        if found:
            await reader.readexactly(int(rest.split("\r\n", 1)[0]))
        elif "\r\ntransfer-encoding: chunked" in head:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        else:
            await reader.read(-1)
            await self.close()

    async def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].transport.abort()


async def _responses(
    address: str, todo: Iterator[Asked], done: asyncio.Queue[Asked | None]
) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    connection = Connection(host, int(port))
    try:
        for asked in todo:
            started = perf_counter()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    status = await connection.get(asked.path, leaves=asked.leaves)
            except (OSError, EOFError, TimeoutError, ValueError):
                await connection.close()
                status = FAILED
            seconds = perf_counter() - started
            done.put_nowait(Asked(asked.path, asked.leaves, status, seconds))
    finally:
        await connection.close()
        done.put_nowait(None)


async def responses(
    address: str, requests: Iterable[Asked], *, connections: int
) -> AsyncIterator[Asked]:
    """Each request with how it went, in the order in which they end."""
    todo = iter(requests)
    done: asyncio.Queue[Asked | None] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_responses(address, todo, done))
        running = connections
        while running:
            asked = await done.get()
            if asked is None:
                running -= 1
            else:
                yield asked


async def load(address: str, requests: Iterable[Asked], *, connections: int) -> list[Asked]:
    return [asked async for asked in responses(address, requests, connections=connections)]
