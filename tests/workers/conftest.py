"""A folder and a place in Redis for each test's processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.redis_server import RedisServer
from tests.workers.running import Workers


@pytest.fixture
def workers(redis_server: RedisServer, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path, redis_server.url, f"workers-{uuid4().hex}")
    yield workers
    workers.store.close()
