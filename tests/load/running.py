"""Starts a server with the site, alone or beside one of the tools, and ends it with its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.redis_server import free_port

ROOT = Path(__file__).parent.parent.parent
START_TIMEOUT_S = 60

WSGI, ASGI = "tests.load.project:wsgi", "tests.load.project:asgi"
SERVERS: Mapping[str, Sequence[str]] = {
    "gunicorn": (
        *("gunicorn", WSGI, "--workers=4", "--threads=4", "--bind=127.0.0.1:{port}"),
        *("--keep-alive=60", "--log-level=critical"),
    ),
    "uvicorn": ("uvicorn", ASGI, "--workers=2", "--log-level=critical", "--port={port}"),
    "hypercorn": (
        *("hypercorn", ASGI, "--workers=2", "--bind=127.0.0.1:{port}"),
        *("--log-level=CRITICAL", "--keep-alive=60"),
    ),
    "granian": (
        *("granian", ASGI, "--interface=asgi", "--workers=2", "--port={port}"),
        *("--host=127.0.0.1", "--log-level=critical"),
    ),
}
POOLED = frozenset({"gunicorn"})
"""Whose workers have pools of connections."""
OURS = "orm_insight.middleware.OrmInsightMiddleware"
_TOOLS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "plain": ((), ()),
    "memory": (("orm_insight",), (OURS,)),
    "redis": (("orm_insight",), (OURS,)),
    "toolbar": (("debug_toolbar",), ("debug_toolbar.middleware.DebugToolbarMiddleware",)),
    "silk": (("silk",), ("silk.middleware.SilkyMiddleware",)),
}
TOOLS = tuple(_TOOLS)


@dataclass(frozen=True, kw_only=True)
class Site:
    """The options of the project: its databases, which tool is in it, and the settings of ours."""

    databases: Mapping[str, Any]
    tool: str = "redis"
    redis_url: str | None = None
    max_traces: int = 20_000
    timings: Path | None = None
    ours: Mapping[str, Any] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        apps, middleware = _TOOLS[self.tool]
        ours = {
            "REDIS_URL": self.redis_url if self.tool == "redis" else None,
            "REDACT_PARAMS": False,
            "MAX_TRACES": self.max_traces,
            "MAX_BYTES": 2**30,
            "WORST_HOURS": 0,
            "SECRET_NAMES": [],
            "SHOW_CALLBACK": "tests.load.pages.everybody",
            **self.ours,
        }
        options = {
            "databases": self.databases,
            "tool": self.tool,
            "apps": apps,
            "middleware": middleware,
            "ours": ours,
            "timings": str(self.timings) if self.timings else None,
        }
        environment = {**os.environ, "LOAD_OPTIONS": json.dumps(options), "PYTHONPATH": str(ROOT)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        return {**environment, "PYTHONWARNINGS": "ignore"}

    def make_tables(self) -> None:
        """Also those of the tool."""
        command = [sys.executable, "-m", "tests.load.project", "migrate", "--run-syncdb"]
        for alias in self.databases:
            subprocess.run(
                [*command, f"--database={alias}", "--verbosity=0"],
                cwd=ROOT,
                env=self.environment(),
                check=True,
                timeout=120,
            )


class Server(NamedTuple):
    """The address where it answers, and the process above its workers."""

    address: str
    pid: int


@contextmanager
def running(server: str, site: Site, log: Path) -> Iterator[Server]:
    port = free_port()
    module, *arguments = SERVERS[server]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *(each.format(port=port) for each in arguments)],
            cwd=ROOT,
            env=site.environment(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, log)
        yield Server(address, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/no-such-page/", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {log.read_text()[-2000:]}")
