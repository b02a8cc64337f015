"""Runs programs of the workers' project, each in a process of its own, and reads their traces."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orm_insight.model.trace import Trace
from orm_insight.stores.redis import RedisStore
from tests.processes import stop

ROOT = Path(__file__).parent.parent.parent.parent
PATIENCE_S = 60


class Workers:
    """One folder, one prefix in Redis: what one test's processes share."""

    def __init__(self, folder: Path, redis_url: str, prefix: str) -> None:
        self.folder = folder
        self.store = RedisStore(redis_url, prefix=prefix, max_traces=5_000)
        self._environment = {
            **os.environ,
            "WORKERS_FOLDER": str(folder),
            "WORKERS_PREFIX": prefix,
            "WORKERS_REDIS": redis_url,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        self._environment.pop("DJANGO_SETTINGS_MODULE", None)

    def run(self, code: str) -> str:
        """Run code that has ``project`` to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", f"from tests.recording.workers import project\n{code}"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Path]:
        """Run ``python -m …`` until the block ends; yields the file of what it says."""
        log = self.folder / "log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        try:
            yield log
        finally:
            stop(process)

    def traces(self) -> list[Trace]:
        found = (self.store.get(entry.summary.id) for entry in self.store.listed())
        return [trace for trace in found if trace is not None]

    def wait_for(self, count: int, kind: str = "task") -> Sequence[Trace]:
        """So many traces of tasks, as soon as they are there."""
        self._until(lambda: self._count(kind) >= count)
        return [trace for trace in self.traces() if trace.kind == kind]

    def _count(self, kind: str) -> int:
        return sum(entry.summary.kind == kind for entry in self.store.listed())

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                said = [log.read_text(errors="replace") for log in self.folder.glob("log")]
                raise AssertionError(f"Nothing came. {said}")
            time.sleep(0.05)
