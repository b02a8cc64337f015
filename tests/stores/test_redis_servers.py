"""Ways to reach Redis: encrypted, as a user with few rights, in a cluster."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from orm_insight.stores.redis import RedisStore
from tests.builders import make_query, make_trace
from tests.redis_server import RedisServer, free_port, redis_binary
from tests.stores.listing import ids_of, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def made() -> Iterator[list[RedisStore]]:
    stores: list[RedisStore] = []
    yield stores
    for store in stores:
        store.close()


def keeps_traces(store: RedisStore) -> bool:
    trace = make_trace(make_query("SELECT %s", params=(1,)))
    store.save(trace)
    if not store.flush() or ids_of(store) != [trace.id]:
        return False
    return list(store.get(trace.id).queries) == list(trace.queries)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of ``localhost``, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run([*command, *names, *files], check=True, capture_output=True, timeout=60)
    return key, certificate


@pytest.fixture
def encrypted(folder: Path) -> Iterator[tuple[str, Path]]:
    """The address, and the file with the certificate; nothing else is served."""
    key, certificate = make_certificate(folder)
    port = free_port()
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    server = RedisServer(redis_binary(), folder)
    server.start("--tls-port", str(port), *files, "--tls-auth-clients", "no")
    try:
        yield f"rediss://localhost:{port}/0", certificate
    finally:
        server.stop()


def test_encrypted_and_the_certificate_is_checked(encrypted, made):
    url, certificate = encrypted
    trusting = RedisStore(url, options={"ssl_ca_certs": str(certificate)})
    doubting = RedisStore(url)
    made += [trusting, doubting]

    assert keeps_traces(trusting)
    doubting.save(make_trace())
    until(lambda: doubting.problem is not None)
    assert "CERTIFICATE_VERIFY_FAILED" in doubting.problem


@pytest.mark.parametrize("rights", ["+@all", "+@all -@scripting -@admin -@dangerous"])
def test_user_who_may_touch_only_our_keys(redis_server, made, rights):
    prefix = uuid4().hex
    with redis.Redis.from_url(redis_server.url) as client:
        rules = f"on >word-of-its-own ~{{{prefix}}}:* {rights}".split()
        client.execute_command("ACL SETUSER", prefix, *rules)
        try:
            place = f"127.0.0.1:{redis_server.port}"
            made.append(RedisStore(f"redis://{prefix}:word-of-its-own@{place}/0", prefix=prefix))
            made.append(RedisStore(f"redis://{prefix}:wrong-word@{place}/0", prefix=prefix))
            assert keeps_traces(made[0])
            assert made[0].problem is None
            made[1].save(make_trace())
            until(lambda: made[1].problem is not None)
            assert "word" not in made[1].problem.replace("password", "")
        finally:
            client.execute_command("ACL DELUSER", prefix)


def keys_by_node(nodes: Any, prefix: str) -> list[set[str]]:
    found = []
    for node in nodes:
        with redis.Redis.from_url(node.url, decode_responses=True) as client:
            found.append(set(client.scan_iter(f"*{prefix}*")))
    return found


def test_all_keys_are_in_one_slot_of_a_cluster(redis_cluster, made):
    for prefix in (uuid4().hex for _ in range(6)):
        made.append(RedisStore(redis_cluster[0].url, prefix=prefix))
        assert keeps_traces(made[-1])
        held = [keys for keys in keys_by_node(redis_cluster, prefix) if keys]
        assert len(held) == 1
        with redis.Redis.from_url(redis_cluster[0].url) as client:
            slots = {client.execute_command("CLUSTER KEYSLOT", key) for key in held[0]}
        assert len(slots) == 1


def test_slot_that_moves_to_another_node(redis_cluster, made):
    prefix = uuid4().hex
    store = RedisStore(redis_cluster[0].url, prefix=prefix)
    made.append(store)
    assert keeps_traces(store)
    with redis.Redis.from_url(redis_cluster[0].url) as client:
        slot = client.execute_command("CLUSTER KEYSLOT", f"{{{prefix}}}:index")
    held = [bool(keys) for keys in keys_by_node(redis_cluster, prefix)]
    before, after = held.index(True), held.index(False)
    move_slot(slot, redis_cluster, before, after)
    try:
        later = make_trace(id="later")
        store.save(later)
        assert store.flush(20)
        assert ids_of(store)[0] == "later"
        assert len(ids_of(store)) == 2
    finally:
        move_slot(slot, redis_cluster, after, before)


def move_slot(slot: int, nodes: Any, source: int, target: int) -> None:
    clients = [redis.Redis.from_url(node.url, decode_responses=True) for node in nodes]
    names = [client.execute_command("CLUSTER MYID") for client in clients]
    clients[target].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", names[source])
    clients[source].execute_command("CLUSTER SETSLOT", slot, "MIGRATING", names[target])
    while keys := clients[source].execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
        port = nodes[target].port
        clients[source].execute_command("MIGRATE", "127.0.0.1", port, "", 0, 5_000, "KEYS", *keys)
    for client in (clients[target], clients[source]):
        client.execute_command("CLUSTER SETSLOT", slot, "NODE", names[target])
    for client in clients:
        client.close()
