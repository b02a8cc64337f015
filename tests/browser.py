"""A real browser for the tests, in a thread of its own.

Playwright's synchronous interface keeps an event loop running in the thread that uses it. There
Django refuses to touch the database and ``asyncio.run()`` fails, also in later tests that know of
no browser. So everything of Playwright lives in one worker thread, and tests hold a ``Remote``.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.packages import install_packages, one_at_a_time, succeeds

try:
    from playwright.sync_api import Playwright, sync_playwright
    from playwright.sync_api import expect as playwright_expect
except ImportError:  # the suite then says what is missing
    sync_playwright = None

PATH_VARIABLE = "ORM_INSIGHT_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "A browser is missing: install Chromium (`playwright install chromium`, or your system's "
    f"package) or name its executable in {PATH_VARIABLE}"
)


class BrowserMissing(RuntimeError):
    """No browser can be had."""


class Remote:
    """A Playwright object in the browser's thread; its attributes and calls are run there."""

    def __init__(self, worker: ThreadPoolExecutor, target: Any) -> None:
        self._worker = worker
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value = self._run(getattr, self._target, name)
        return partial(self._call, value) if callable(value) else value

    def __enter__(self) -> Any:
        return self._run(self._target.__enter__)

    def __exit__(self, *exc_info: Any) -> Any:
        return self._run(self._target.__exit__, *exc_info)

    def __repr__(self) -> str:
        return f"<Remote {self._target!r}>"

    def _call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._run(method, *map(unwrap, args), **{k: unwrap(v) for k, v in kwargs.items()})

    def _run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._wrap(self._worker.submit(function, *args, **kwargs).result())

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(map(self._wrap, value))
        belongs_to_playwright = type(value).__module__.startswith("playwright.")
        return Remote(self._worker, value) if belongs_to_playwright else value


def unwrap(value: Any) -> Any:
    return value._target if isinstance(value, Remote) else value


def expect(actual: Remote) -> Remote:
    """Playwright's assertions, which wait: ``expect(locator).to_have_text(...)``."""
    return actual._wrap(actual._run(playwright_expect, actual._target))


@contextmanager
def running_browser() -> Iterator[Remote]:
    """A browser until the block ends; raises ``BrowserMissing`` where none can be had."""
    if sync_playwright is None:
        raise BrowserMissing("The package playwright is missing: it is part of the extra `test`")
    with ThreadPoolExecutor(1, thread_name_prefix="browser") as worker:
        playwright = worker.submit(lambda: sync_playwright().start()).result()
        try:
            browser = worker.submit(launch, playwright).result()
            try:
                yield Remote(worker, browser)
            finally:
                worker.submit(browser.close).result()
        finally:
            worker.submit(playwright.stop).result()


def launch(playwright: Playwright) -> Any:
    executable = find_executable(playwright) or install(playwright)
    if executable is None:
        raise BrowserMissing(MISSING)
    return playwright.chromium.launch(executable_path=executable, args=list(FLAGS))


def find_executable(playwright: Playwright) -> str | None:
    if named := os.environ.get(PATH_VARIABLE):
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install(playwright: Playwright) -> str | None:
    """Playwright's own download; where that is out of reach, the system's package."""
    with one_at_a_time():
        if found := find_executable(playwright):
            return found
        if succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
            return find_executable(playwright)
    if install_packages("chromium"):
        return find_executable(playwright)
    return None
