"""Starts the demo as a person does, reads what it prints, and ends it with Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_SECONDS = 90


@dataclass
class Finished:
    """A demo that has come to its end."""

    code: int
    output: str
    errors: str


class Demo:
    """A running demo; `url` and `database` are what it printed."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            command(*arguments),
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self._watchdog = Timer(TIMEOUT_SECONDS, self.process.kill)
        self._watchdog.start()

    def read_until(self, text: str) -> str:
        """All output up to the line that has `text` in it."""
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return self.output
        raise AssertionError(f"ended without {text!r}: {self.output}{self.process.stderr.read()}")

    def wait_for_pages(self) -> None:
        self.read_until("Ctrl-C stops everything")
        self._watchdog.cancel()  # it may run for as long as the tests that share it
        self.url = re.search(r"Start page +(\S+)/", self.output)[1]
        self.database = re.search(r"Database +(\S+)", self.output)[1]

    def close(self) -> None:
        """End it where it still runs, and let go of its pipes."""
        if not self.process.stdout.closed:
            self.end()

    def end(self, number: signal.Signals = signal.SIGINT) -> Finished:
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> Finished:
        output, errors = self.process.communicate(timeout=TIMEOUT_SECONDS)
        self._watchdog.cancel()
        return Finished(self.process.returncode, self.output + output, errors)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "demo", "--port", "0", *arguments]


def environment() -> dict[str, str]:
    """Without what the test run set for itself."""
    ours = ("DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST")
    ours += ("ORM_INSIGHT_DEMO_DATABASE_URL", "ORM_INSIGHT_DEMO_TRACES")
    return {name: value for name, value in os.environ.items() if name not in ours}


def run(*arguments: str) -> Finished:
    """A demo that is expected to end by itself."""
    return Demo(*arguments).finish()


@contextmanager
def running(*arguments: str) -> Iterator[Demo]:
    demo = Demo(*arguments)
    try:
        demo.wait_for_pages()
        yield demo
    finally:
        demo.close()
