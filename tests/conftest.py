"""Fixtures that every test may use: two databases, a browser, an ASGI server.

A test that needs PostgreSQL is marked ``postgres``. Where a server or a browser is missing, CI
fails and a laptop skips, and both say what to install.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NoReturn, TypeVar

import debug_toolbar
import django
import pytest
from debug_toolbar.toolbar import DebugToolbar
from django.conf import settings
from django.db import connections

from orm_insight import faults, insight
from orm_insight.capture.active import active
from orm_insight.capture.wrapper import record_query
from orm_insight.recording import detached
from tests import debian, seeding, servers, tiers
from tests.asgi import LiveServer, running_server
from tests.browser import BrowserMissing, Remote, running_browser
from tests.emptying import Emptying, take_over
from tests.faketime import faketime_environment
from tests.redis_cluster import running_cluster
from tests.redis_server import RedisServer, running_redis, valkey_binary


def pytest_report_header() -> list[str]:
    return [
        f"python: {platform.python_version()}, django: {django.get_version()}, "
        f"debug toolbar: {debug_toolbar.VERSION}, postgresql: {servers.describe_postgres()}"
    ]


Server = TypeVar("Server")


def pytest_sessionstart() -> None:
    """A shell lets what runs in its background ignore Ctrl+C, and the servers that are started here
    would inherit that: some tests end them so."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tiers.mark(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """``python -X dev -m pytest`` is meant for the processes that run the tests."""
    if sys.flags.dev_mode:
        os.environ["PYTHONDEVMODE"] = "1"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Ours takes the place of the one that ``pyproject.toml`` asks for, and of no other."""
    # It is there where pytest-xdist is: nobody else calls this hook.
    from tests.schedule import ByModule  # noqa: PLC0415

    return ByModule(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "alias" in metafunc.fixturenames:
        metafunc.parametrize("alias", seeding.aliases_of(metafunc.definition), indirect=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("postgres") and not servers.has_postgres():
        fail_or_skip(servers.MISSING)


def fail_or_skip(message: str) -> NoReturn:
    if servers.is_ci():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session", autouse=True)
def toolbar_urls() -> None:
    """The toolbar collects the addresses of its panels once in a process: from the project's
    panels, whatever the first test that asks has changed."""
    DebugToolbar.get_urls()


@pytest.fixture(autouse=True)
def tier(request: pytest.FixtureRequest) -> Iterator[None]:
    """The quick tier starts no processes, which take a second each."""
    if request.node.get_closest_marker("process"):
        yield
        return
    with tiers.no_process_of_python():
        yield


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """No test leaves a recorder, a doubled wrapper or a failure of ours behind.

    A test that provokes failures ends with ``faults.clear()``. The ring is emptied. What the
    toolbar's SQL panel leaves on a connection after an asynchronous request (it is turned on in
    the thread of the connections and off in the one of the event loop) is taken away.
    """
    yield
    detached.flush()
    recorder, failures = active.get(), faults.counts()
    active.set(None)
    faults.clear()
    insight.reset()
    assert recorder is None
    assert failures == {}
    for connection in connections.all(initialized_only=True):
        if hasattr(connection, "_djdt_logger"):
            connection._djdt_logger = None
        if connection.connection is not None:
            assert connection.execute_wrappers.count(record_query) == 1


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start PostgreSQL when the first test asks for a database, and tell Django where it is."""
    if servers.is_ci() and not servers.has_postgres():
        pytest.fail(servers.MISSING, pytrace=False)
    settings.SQLITE_FOLDER.mkdir(exist_ok=True)
    try:
        if servers.has_postgres():
            with servers.running_postgres() as url:
                settings.DATABASES["default"].update(servers.connection_settings(url))
                yield
        else:
            yield
    finally:
        shutil.rmtree(settings.SQLITE_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The work that made the tables is no part of the first test."""
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            take_over(Emptying(seeding.ALIASES), patch)
        insight.reset()
        yield


@pytest.fixture(scope="module", autouse=True)
def seed_of_module(request: pytest.FixtureRequest) -> Iterator[None]:
    """The data that a module's marks ``seeded`` name."""
    if request.node.get_closest_marker("seeded") is None:
        yield
        return
    request.getfixturevalue("django_db_setup")
    blocker = request.getfixturevalue("django_db_blocker")
    seed = seeding.seeded(request.node)
    with blocker.unblock():
        seed.__enter__()
    yield
    with blocker.unblock():
        seed.__exit__(None, None, None)


@pytest.fixture
def alias(request: pytest.FixtureRequest) -> str:
    """Each of the databases that the test's mark ``django_db`` names, in turn."""
    if request.param == "default" and not servers.has_postgres():
        fail_or_skip(servers.MISSING)
    return request.param


@pytest.fixture(scope="session")
def postgres15() -> Iterator[str]:
    """The address of Debian's PostgreSQL 15, empty, where ``CREATE EXTENSION hypopg`` works."""
    yield from had_or_missing(debian.running_postgres15())


@pytest.fixture(scope="session")
def replica15(postgres15: str) -> Iterator[str]:
    """The address of a hot standby of ``postgres15``."""
    yield from had_or_missing(debian.running_replica(postgres15))


@pytest.fixture(scope="session")
def pgbouncer15(postgres15: str) -> Iterator[str]:
    """The address of a pooler in transaction mode in front of ``postgres15``."""
    yield from had_or_missing(debian.running_pgbouncer(postgres15))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Debian's Redis; whoever stops it starts it again."""
    yield from had_or_missing(running_redis())


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[RedisServer]:
    yield from had_or_missing(running_redis(valkey_binary))


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[Sequence[RedisServer]]:
    """Three masters."""
    yield from had_or_missing(running_cluster())


@pytest.fixture(scope="session")
def faketime() -> dict[str, str]:
    """The environment of a process whose clock is set by ``FAKETIME``."""
    try:
        return faketime_environment()
    except servers.ServerMissing as missing:
        fail_or_skip(str(missing))


def had_or_missing(server: AbstractContextManager[Server]) -> Iterator[Server]:
    try:
        with server as url:
            yield url
    except servers.ServerMissing as missing:
        fail_or_skip(str(missing))


@pytest.fixture
def live_asgi(transactional_db: None) -> Iterator[LiveServer]:
    """The test project behind uvicorn, at ``live_asgi.url``; sees committed data only."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Remote]:
    """One browser for the whole run."""
    try:
        with running_browser() as browser:
            yield browser
    except BrowserMissing as missing:
        fail_or_skip(str(missing))


@pytest.fixture
def page(browser: Remote) -> Iterator[Remote]:
    """An empty page of a fresh profile. Errors on its console, violations of the policy among
    them, fail the test at its end, unless it has emptied ``page.errors`` itself."""
    context = browser.new_context()
    page = context.new_page()
    page.errors = errors = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
