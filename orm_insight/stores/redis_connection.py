"""Connects to Redis: to one server, or to the cluster that it turns out to belong to.

No setting says which it is. A node that does not hold our keys names the one that does (``MOVED``):
from then on a client of the whole cluster is used. All keys share one slot.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  # a fork in the middle of the first look-up would lack it
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ClusterError, MovedError, RedisClusterException
from redis.retry import Retry

Answer = TypeVar("Answer")

TIMEOUT_S = 1.0
FAILURES = redis.RedisError, RedisClusterException, OSError, ValueError
_CLOCK_S = 60.0
_SKEW = timedelta(minutes=1)
# A script, because it takes a key: in a cluster it runs where our traces are.
_TIME = "return redis.call('TIME')"


class RedisConnection:
    """Makes the clients, which try once and wait for nothing longer than ``TIMEOUT_S``."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        self._url = url
        self._settings = {
            "socket_timeout": TIMEOUT_S,
            "socket_connect_timeout": TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
            **(options or {}),
        }
        self._single: Any = redis.Redis.from_url(url, **self._settings)
        self._cluster: Any = None
        self._lock = Lock()
        # The time of the server's clock, and the monotonic time when it was read.
        self._clock: tuple[datetime, float] | None = None

    @property
    def client(self) -> Any:
        return self._cluster or self._single

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer to ``question``, which uses ``client``; asked again where that has changed."""
        try:
            return question()
        except MovedError:
            if self._cluster is not None:
                raise
            self._join_cluster()
            return question()
        except (ClusterError, RedisClusterException):
            # It may come back at other addresses: begin again at the address of the settings.
            self._leave_cluster()
            raise

    def _join_cluster(self) -> None:
        with self._lock:
            if self._cluster is None:
                self._cluster = redis.RedisCluster.from_url(self._url, **self._settings)

    def _leave_cluster(self) -> None:
        with self._lock:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    def read_clock(self, key: str) -> None:
        """Read the time of the server that holds ``key``, unless that was done just now."""
        if self._clock is not None and monotonic() - self._clock[1] < _CLOCK_S:
            return
        try:
            seconds, microseconds = self.client.eval(_TIME, 1, key)
        except redis.ResponseError as error:
            if isinstance(error, MovedError):
                raise
            # Scripts are not allowed there: our own clock has to do.
            self._clock = datetime.now(UTC), monotonic()
            return
        there = datetime.fromtimestamp(int(seconds), UTC)
        self._clock = there + timedelta(microseconds=int(microseconds)), monotonic()

    def now(self) -> datetime:
        """The time by the server's clock, once it is known: a wrong clock of ours does no harm."""
        if self._clock is None:
            return datetime.now(UTC)
        there, read_at = self._clock
        return there + timedelta(seconds=monotonic() - read_at)

    def corrected(self, moment: datetime) -> datetime:
        """The moment by the server's clock, where this machine's is far from it."""
        now = self.now()
        skew = now - datetime.now(UTC)
        if abs(skew) <= _SKEW:
            return moment
        return min((moment, moment + skew), key=lambda said: abs(now - said))

    def close(self) -> None:
        self._leave_cluster()
        self._single.close()

    def describe(self, error: BaseException) -> str:
        """The error and its place, never with the password."""
        facts = self._single.connection_pool.connection_kwargs
        place = facts.get("path") or f"{facts.get('host')}:{facts.get('port')}"
        return f"Redis at {place} fails ({type(error).__name__}: {str(error)[:200]})"
