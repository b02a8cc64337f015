"""Explaining for a client that may not wait: when its request goes away, so does the statement.

Only an ASGI server tells that the client has left. Under WSGI a second request has to say so, and
otherwise the time limit ends the statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from orm_insight.explain.cancelling import Cancellation, cancellable

T = TypeVar("T")


def while_connected(request: HttpRequest, key: Hashable, explain: Callable[[], T]) -> T:
    """What ``explain`` returns. ``key`` is how another request names it to cancel it."""
    with cancellable(key) as cancellation:
        if isinstance(request, ASGIRequest):
            return async_to_sync(_wait)(explain, cancellation)
        return explain()


async def _wait(explain: Callable[[], T], cancellation: Cancellation) -> T:
    """Runs in the server's loop, ``explain`` in the thread of the view, which waits for it."""
    asked = asyncio.ensure_future(sync_to_async(explain)())
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        await asyncio.to_thread(cancellation.cancel)
        await asyncio.wait([asked])
        raise
