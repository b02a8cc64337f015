"""The tiers of the suite, and how its tests are spread over the processes that run them.

``browser``, ``server`` and ``process`` mark what starts something: a browser, a server that
Debian packages, processes of Python. ``server`` are also tests that fill large tables or explain
a whole corpus of statements. A test is marked by the fixtures that it asks for; modules
whose tests start something themselves say so. ``not (browser or server or process)`` is the quick
tier: SQLite and the embedded PostgreSQL.

The tests of a module run in one process of pytest-xdist, in which its fixtures are made once.
All tests of one expensive server run in the same process as well, so that it is started once.
The slow tiers are groups of their own and come first, so that the wait for the last one is short.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

TIERS = ("browser", "server", "process")
TIER_OF_FIXTURE: Mapping[str, str] = {
    "browser": "browser",
    "postgres15": "server",
    "mariadb_socket": "server",
    "logs": "server",
    "redis_server": "server",
    "valkey_server": "server",
    "redis_cluster": "server",
    "demo": "process",
    "workers": "process",
}
# Slow to start, and shared by the tests that ask for it.
GROUP_OF_FIXTURE: Mapping[str, str] = {
    "postgres15": "postgresql15",
    "mariadb_socket": "mariadb",
    "redis_cluster": "cluster",
    "demo": "demo",
}


def mark(items: Iterable[pytest.Item]) -> None:
    """Add the tiers of each test, by the fixtures that it asks for, and the group of a slow one."""
    for item in items:
        for name in getattr(item, "fixturenames", ()):
            if tier := TIER_OF_FIXTURE.get(name):
                item.add_marker(tier)
        if group := group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(item: pytest.Item) -> str | None:
    """The group of a slow test: its server's, else its module's. One that is marked stays there."""
    if item.get_closest_marker("xdist_group") or not any(map(item.get_closest_marker, TIERS)):
        return None
    for name in getattr(item, "fixturenames", ()):
        if group := GROUP_OF_FIXTURE.get(name):
            return group
    return f"{item.path.parent.name}.{item.path.stem}"


@contextmanager
def no_process_of_python() -> Iterator[None]:
    """Fail at the end of the block where a process of Python was started in it."""
    _started.clear()
    yield
    assert not _started, "Mark the test with pytest.mark.process: it is none of the quick tier."


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and arguments[1] and sys.executable in map(str, arguments[1]):
        _started.append(arguments[1])


_started: list[object] = []
sys.addaudithook(_note)


def unit_of(nodeid: str) -> str:
    """The name under which a test is given to a process: its group, else its module.

    pytest-xdist appends the group to the id of the test, after an ``@``.
    """
    _test, at, group = nodeid.rpartition("@")
    is_grouped = bool(at) and "]" not in group and "::" not in group
    return group if is_grouped else nodeid.partition("::")[0]


def is_group(unit: str) -> bool:
    return not unit.endswith(".py")
