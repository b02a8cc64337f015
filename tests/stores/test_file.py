"""A ring with a file: what the next store has of it, and what hostile files come to."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orm_insight.stores.base import Held, PinOutcome
from orm_insight.stores.codec import encode
from orm_insight.stores.file import FileStore, RingEncoder
from orm_insight.stores.memory import MemoryStore, size_of
from tests.builders import STARTED_AT
from tests.stores.kept import make_trace, written
from tests.stores.listing import ids_of, until

# -- what the next one has ------------------------------------------------------------------------


def test_next_store_lists_the_same(open_store, failures):
    store = open_store(max_traces=3)
    for name in "abcdef":
        store.save(make_trace(id=name, duration_ms=900.0 if name == "a" else 1.0))
    store.pin("e", is_pinned=True)
    listed = store.listed()
    store.flush()

    after = open_store(max_traces=3)

    assert after.listed() == listed
    assert [entry.summary.id for entry in listed] == ["f", "e", "d", "a"]
    assert listed[1].kept_for == {"pinned", "recent"}
    assert list(after.get("f").queries) == list(store.get("f").queries)
    assert failures == []


def test_new_traces_come_before_those_of_the_file(open_store):
    store = open_store()
    store.save(make_trace(id="before"))
    store.flush()

    after = open_store()
    after.save(make_trace(id="after"))

    assert ids_of(after) == ["after", "before"]


def test_thread_writes_a_moment_after_a_change(open_store, path):
    store = open_store()
    store.save(make_trace(id="a"))
    until(path.exists)
    store.pin("a", is_pinned=True)
    until(lambda: [e.kept_for for e in open_store().listed()] == [{"recent", "pinned"}])
    store.pin("a", is_pinned=False)
    store.clear()
    until(lambda: ids_of(open_store()) == [])


def test_file_is_only_for_its_user(open_store, path):
    store = open_store()
    store.save(make_trace())
    store.flush()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_noop_store_that_nothing_was_put_into_leaves_the_file_alone(open_store, path):
    path.write_bytes(written(make_trace(id="a")))
    os.utime(path, (1, 1))
    store = open_store()

    assert ids_of(store) == ["a"]
    store.flush()
    assert path.stat().st_mtime == 1


def test_noop_closed_store_writes_no_more(open_store, path):
    store = open_store()
    store.close()
    store.save(make_trace())
    store.flush()

    assert not path.exists()


def test_noop_where_it_is_not_wanted(path):
    store = FileStore(path, pytest.fail, lambda: False)
    store.save(make_trace())
    store.flush()

    assert not path.exists()


FORKED = """
import os, pathlib, sys
from orm_insight.stores.file import FileStore
from tests.builders import make_trace
path = pathlib.Path(sys.argv[1])
store = FileStore(path, print)
child = os.fork()
store.save(make_trace(id="parent" if child else "child"))
store.flush()
if not child:
    os._exit(int(path.exists() and b"child" in path.read_bytes()))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(FileStore(path, print).listed()[0].summary.id)
"""


@pytest.mark.process
def test_process_that_was_forked_writes_nothing(path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, str(path)],
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.split() == ["0", "parent"]


def test_each_trace_is_encoded_once():
    encoder, trace = RingEncoder(), make_trace()
    first = encoder.encode(Held([trace]))
    again = encoder.encode(Held([make_trace(), trace]))
    replaced = encoder.encode(Held([replace(trace, name="other")]))

    assert again.traces[1] is first.traces[0]
    assert replaced.traces[0] != first.traces[0]


def test_where_time_is_up_the_pinned_are_there_and_the_order_is_kept():
    traces = [make_trace(id=id) for id in "abc"]
    ring = RingEncoder().encode(Held(traces, frozenset("c")), within_s=0.0)

    assert ring.traces == [encode(traces[2])]
    all_of_them = RingEncoder().encode(Held(traces, frozenset("c")), within_s=60.0)
    assert all_of_them.traces == [encode(trace) for trace in traces]


# -- limits ---------------------------------------------------------------------------------------


def test_lower_number_holds_for_what_is_read(open_store, path):
    path.write_bytes(written(*(make_trace(id=id) for id in "abcdef"), pinned=("f",)))

    assert ids_of(open_store(max_traces=2, worst_for=timedelta(0))) == ["a", "b", "f"]


def test_lower_number_of_bytes_holds_for_what_is_read(open_store, path):
    traces = [make_trace(id=id) for id in "abcdef"]
    path.write_bytes(written(*traces, pinned=("d", "e", "f")))
    store = open_store(max_bytes=2 * size_of(traces[0]) + 10)

    assert store.statistics.bytes <= store.limits.max_bytes
    assert [(each.summary.id, "pinned" in each.kept_for) for each in store.listed()] == [
        ("a", False),
        ("d", True),
    ]


def test_age_holds_for_what_is_read(open_store, path):
    old = STARTED_AT - timedelta(days=2)
    traces = [make_trace(id=id, started_at=old) for id in "ab"]
    path.write_bytes(written(*traces, pinned=("b",)))

    assert ids_of(open_store()) == ["b"]


def test_more_traces_than_any_ring_holds(open_store, path):
    path.write_bytes(written(*(make_trace(id=str(n)) for n in range(400))))

    assert len(ids_of(open_store(max_traces=3))) <= MemoryStore(max_traces=3).most_traces


def test_file_that_is_too_large_is_not_read(open_store, path, failures):
    path.write_bytes(written(make_trace()) + bytes(100_000))

    assert ids_of(open_store(max_bytes=50_000)) == []
    assert len(failures) == 1


def test_pin_that_is_too_much_is_none():
    store = MemoryStore(max_bytes=3 * size_of(make_trace()) + 10)
    store.take_over(Held([make_trace(id="a"), make_trace(id="b")], {"a", "b"}))

    assert [sorted(entry.kept_for) for entry in store.listed()] == [
        ["pinned", "recent"],
        ["recent"],
    ]
    assert store.pin("b", is_pinned=True) is PinOutcome.TOO_LARGE
