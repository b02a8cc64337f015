"""The way to Redis: one server, or the cluster that it turns out to belong to.

Nobody has to say which it is. A node that does not hold our keys answers with the one that does
(``MOVED``): from then on a client of the whole cluster is used. All keys share one slot.
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
    """Makes the clients; both wait for nothing longer than ``TIMEOUT_S``, and try once."""

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
        # What the server's clock said, and when that was by ours that never jumps.
        self._clock: tuple[datetime, float] | None = None

    @property
    def client(self) -> Any:
        return self._cluster or self._single

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """What ``question``, which uses ``client``, answers; asked again where that has changed."""
        try:
            return question()
        except MovedError:
            if self._cluster is not None:
                raise
            self._join_cluster()
            return question()
        except (ClusterError, RedisClusterException):
            # It may come back at other addresses: begin where the settings point to.
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
        """Learn the time of the server that holds ``key``, unless that was done just now."""
        if self._clock is not None and monotonic() - self._clock[1] < _CLOCK_S:
            return
        try:
            seconds, microseconds = self.client.eval(_TIME, 1, key)
        except redis.ResponseError as error:
            if isinstance(error, MovedError):
                raise
            # We may not run scripts there: then our own clock has to do.
            self._clock = datetime.now(UTC), monotonic()
            return
        there = datetime.fromtimestamp(int(seconds), UTC)
        self._clock = there + timedelta(microseconds=int(microseconds)), monotonic()

    def now(self) -> datetime:
        """By the server's clock, once it is known: a machine whose own has jumped does no harm."""
        if self._clock is None:
            return datetime.now(UTC)
        there, read_at = self._clock
        return there + timedelta(seconds=monotonic() - read_at)

    def corrected(self, moment: datetime) -> datetime:
        """What this machine's clock said, by the server's, where the two are far apart."""
        now = self.now()
        skew = now - datetime.now(UTC)
        if abs(skew) <= _SKEW:
            return moment
        return min((moment, moment + skew), key=lambda said: abs(now - said))

    def close(self) -> None:
        self._leave_cluster()
        self._single.close()

    def describe(self, error: BaseException) -> str:
        """Never with the password."""
        facts = self._single.connection_pool.connection_kwargs
        place = facts.get("path") or f"{facts.get('host')}:{facts.get('port')}"
        return f"Redis at {place} fails ({type(error).__name__}: {str(error)[:200]})"
