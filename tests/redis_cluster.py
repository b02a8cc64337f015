"""Three Redis servers on loopback that are one cluster, each with a third of the slots."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests.redis_server import RedisServer, free_port, redis_binary

NODES = 3
SLOTS = 16_384
START_TIMEOUT_S = 30


@contextmanager
def running_cluster() -> Iterator[Sequence[RedisServer]]:
    """Ready to be asked."""
    binary = redis_binary()
    with ExitStack() as stack:
        nodes = []
        for _ in range(NODES):
            folder = tempfile.mkdtemp(prefix="orm-insight-redis-")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            node = RedisServer(binary, Path(folder))
            stack.callback(node.stop)
            bus = ("--cluster-port", str(free_port()))
            node.start("--cluster-enabled", "yes", *bus, "--cluster-node-timeout", "2000")
            nodes.append((node, bus[1]))
        _join(nodes)
        yield [node for node, _ in nodes]


def _join(nodes: Sequence[tuple[RedisServer, str]]) -> None:
    clients = [redis.Redis.from_url(node.url, decode_responses=True) for node, _ in nodes]
    for number, client in enumerate(clients):
        first, last = SLOTS * number // NODES, SLOTS * (number + 1) // NODES - 1
        client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
        client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
    for node, bus in nodes[1:]:
        clients[0].execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not all(_is_ready(client) for client in clients):
        if time.monotonic() > deadline:
            raise RuntimeError("The nodes do not become a cluster")
        time.sleep(0.1)
    for client in clients:
        client.close()


def _is_ready(client: redis.Redis) -> bool:
    state = client.execute_command("CLUSTER INFO")
    text = state if isinstance(state, str) else "".join(f"{k}:{v}\n" for k, v in state.items())
    return "cluster_state:ok" in text and f"cluster_known_nodes:{NODES}" in text
