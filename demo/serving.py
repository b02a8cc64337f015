"""The web server: a socket that is ours before anything slow begins, and uvicorn behind it."""

from __future__ import annotations

import errno
import socket
from typing import Any

import uvicorn

from demo.errors import DemoError

GRACE_SECONDS = 3


def listen(host: str, port: int) -> socket.socket:
    """Take the port, or say why it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()
    except OSError as error:
        raise DemoError(_reason(error, host, port)) from error
    return taken


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is busy; choose another one, for example --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved; choose one above 1023, for example --port 8000"
    return f"Cannot listen on {host}: {error.strerror or error}; choose another one with --host"


def address_of(taken: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = taken.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(application: Any, taken: socket.socket) -> None:
    """Serve until a signal arrives."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[taken])
