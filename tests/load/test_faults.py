"""A server whose Redis fails answers all requests, says what is wrong, and recovers by itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.load import exact
from tests.load.client import load
from tests.load.database import Database
from tests.load.faults import FAULTS, QUIET, problem_told, seconds_to_recover, unexpected
from tests.load.proxy import proxied
from tests.load.running import Site, running
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.process,
    pytest.mark.server,
    pytest.mark.xdist_group("load"),
]


@pytest.mark.parametrize("server", ["gunicorn", "uvicorn"])
def test_no_request_fails_with_redis(
    server: str, database: Database, redis_server: RedisServer, tmp_path
):
    with proxied(redis_server.port) as proxy:
        site = Site(databases=database.settings(), redis_url=proxy.url)
        with running(server, site, tmp_path / "log") as served:
            for fault in FAULTS.values():
                with fault(redis_server, proxy):
                    requests = [exact.request(name) for name in QUIET * 3]
                    answered = asyncio.run(load(served.address, requests, connections=16))
                    assert not unexpected(answered)
                    assert problem_told(served)
                assert seconds_to_recover(served, redis_server.url) is not None
