"""A folder and a place in Redis for each test's processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.recording.workers.running import Workers
from tests.redis_server import RedisServer


@pytest.fixture
def workers(redis_server: RedisServer, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path, redis_server.url, f"workers-{uuid4().hex}")
    yield workers
    workers.store.close()
