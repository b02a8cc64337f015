"""Hostile, damaged and foreign files cause one report, and lose nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orm_insight.stores.codec import encode
from orm_insight.stores.file import MAGIC, VERSION, EncodedRing, encode_ring
from tests.stores.kept import make_trace, written
from tests.stores.listing import ids_of

GOOD = written(make_trace(id="good"), pinned=("good",))
START = len(MAGIC) + 1


def part(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def head(**about: Any) -> bytes:
    return GOOD[:START] + part(json.dumps(about).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04cos\nsystem\n",
        b"not ours at all",
        MAGIC[:5],
        MAGIC,
        MAGIC + bytes([VERSION + 1]) + GOOD[START:],
        GOOD[:START],
        GOOD[: START + 2],
        GOOD[:-1],
        GOOD + b"\0",
        GOOD[: START + 4] + b"{" * 30,
        GOOD[:START] + part(b"[]"),
        GOOD[:START] + part(b"[" * 100_000),
        GOOD[:START] + part(b"\xff\xfe"),
        head(pinned=[], traces=1),
        head(pinned=[[]], traces=0),
        head(pinned=[7], traces=0),
        head(pinned=5, traces=0),
        head(traces=0),
    ],
)
def test_bad_file_is_told_once_and_costs_nothing_else(open_store, path, failures, content):
    path.write_bytes(content)
    store = open_store()
    store.save(make_trace(id="new"))

    assert len(failures) == 1
    assert failures[0][0] == "read the file of KEEP_TRACES_IN"
    assert ids_of(store) == ["new"]


@pytest.mark.parametrize("cut", range(0, len(GOOD) - 1, 7))
def test_file_that_was_cut_off_anywhere(open_store, path, failures, cut):
    path.write_bytes(GOOD[:cut])

    assert ids_of(open_store()) == []
    assert len(failures) == (1 if cut else 0)


def hostile(change: Callable[[bytes], bytes]) -> bytes:
    return change(encode(make_trace(id="bad")))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"orm_insight",
        hostile(lambda data: data[:-3]),
        hostile(lambda data: data[:11] + b"\x09" + data[12:]),
        hostile(lambda data: data[:40] + b"\0\0\0" + data[43:]),
        encode(replace(make_trace(id="bad"), duration_ms="long")),
        encode(replace(make_trace(id="bad"), name=None)),
    ],
)
def test_traces_beside_a_bad_one_are_read(open_store, path, failures, bad):
    good = [encode(make_trace(id=id)) for id in "ab"]
    ring = EncodedRing(pinned={"a"}, traces=[good[0], bad, bad, good[1]])
    path.write_bytes(b"".join(encode_ring(ring)))

    assert ids_of(open_store()) == ["a", "b"]
    assert [step for step, _ in failures] == ["read a trace of KEEP_TRACES_IN"]


def test_trace_that_is_there_twice_is_there_once(open_store, path):
    path.write_bytes(written(make_trace(id="a"), make_trace(id="a"), make_trace(id="b")))

    assert ids_of(open_store()) == ["a", "b"]


def test_foreign_file_is_left_alone_and_the_dashboard_says_so(open_store, path, failures):
    path.write_bytes(b"SQLite format 3\0")
    store = open_store()
    store.save(make_trace(id="new"))
    store.flush()

    assert path.read_bytes() == b"SQLite format 3\0"
    assert "something else" in store.problem
    assert [step.split()[0] for step, _ in failures] == ["read", "write"]
    path.unlink()
    store.save(make_trace(id="newer"))
    store.flush()
    assert store.problem is None
    assert ids_of(open_store()) == ["newer", "new"]


def test_folder_that_is_not_there(open_store, path, failures):
    path.parent.rmdir()
    store = open_store()
    store.save(make_trace(id="new"))
    store.flush()

    assert ids_of(store) == ["new"]
    assert [step for step, _ in failures] == ["write the file of KEEP_TRACES_IN"]
    path.parent.mkdir()
