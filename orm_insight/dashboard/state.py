"""The state of store and recording as pages show it: fill level, losses, warnings."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard.digests import digests
from orm_insight.dashboard.links import address
from orm_insight.insight import Status
from orm_insight.recording import policy
from orm_insight.stores.base import Listed
from orm_insight.ui.components import Demand, Fact
from orm_insight.ui.format import bytes_size, count, counted, plain


def facts(status: Status) -> Iterator[Fact]:
    """How full the store is, and the traces that it has lost; nothing while it does not answer."""
    config, statistics = get_config(), status.statistics
    if not insight.store().is_answering:
        return
    newest = statistics.traces - statistics.beside
    beside = ""
    if statistics.beside:
        beside = f", plus {count(statistics.beside)} kept as the worst of their endpoint"
    yield Fact(
        label="Kept",
        value=count(newest),
        note=f"of {counted(config.max_traces, 'trace')}{beside}",
        bar=min(newest / config.max_traces, 1.0),
    )
    is_shared = insight.store().is_shared
    where = " in Redis, of all processes" if is_shared else ""
    yield Fact(
        label="Size" if is_shared else "Memory",
        value=bytes_size(statistics.bytes),
        note=f"of {bytes_size(config.max_bytes)}{where}",
        bar=min(statistics.bytes / config.max_bytes, 1.0),
    )
    if config.ignore_paths:
        patterns = len(config.ignore_paths)
        note = "pattern" if patterns == 1 else "patterns"
        yield Fact(label="Not recorded", value=count(patterns), note=f"{note} of IGNORE_PATHS")
    if statistics.evicted:
        yield Fact(label="Replaced", value=count(statistics.evicted), note="older traces")
    if statistics.dropped:
        yield Fact(label="Lost", value=count(statistics.dropped), note="could not be written")


def warnings(request: HttpRequest, status: Status) -> Iterator[str]:
    """Warnings about traces that are missing from the list."""
    yield from store_warnings(request)
    yield from _left_out()
    if status.statistics.unreadable:
        unreadable = counted(status.statistics.unreadable, "entry", "entries")
        yield f"{unreadable} in the store cannot be read: another version wrote them."
    if status.statistics.rejected:
        too_large = counted(status.statistics.rejected, "trace")
        yield f"{too_large} larger than MAX_BYTES allows: not kept."
    for hook in status.missing_hooks:
        yield (
            f"Recording works without this hook, which does not match the installed Django: {hook}."
        )
    for fault, times in status.faults.items():
        yield f"orm_insight failed {times:,}\N{MULTIPLICATION SIGN} to {fault}"


def store_warnings(request: HttpRequest) -> Iterator[str]:
    """Reasons why a page may not show all traces."""
    if problem := insight.store().problem:
        yield problem
    if sees_only_its_own(request):
        yield (
            "The server runs several processes, and these are the traces of process "
            f"{os.getpid()} only."
            ' ORM_INSIGHT["REDIS_URL"] lets all processes share one store.'
        )


def _left_out() -> Iterator[str]:
    """Settings that leave out requests or traces."""
    config = get_config()
    if config.sample_rate < 1:
        part = f"{config.sample_rate * 100:g} %"
        others = ", other shares for paths in SAMPLE_RATES" if config.sample_rates else ""
        yield f"Only {part} of the requests are recorded (SAMPLE_RATE){others}."
    elif any(rate < 1 for rate in config.sample_rates.values()):
        yield "Only a part of the requests is recorded for some paths (SAMPLE_RATES)."
    if config.only_slow_ms is not None:
        yield f"Only traces of {plain(config.only_slow_ms)} ms or more are kept (ONLY_SLOW_MS)."
    if config.only_with_hints:
        yield (
            "Only traces with hints are kept; they appear a moment after they end "
            "(ONLY_WITH_HINTS)."
        )


def why_trace_is_gone(request: HttpRequest) -> str:
    """The possible reasons; nobody knows the real one."""
    reasons = (
        "There is no trace with this id: newer traces have replaced it, it was too old, the "
        "traces were deleted"
    )
    if insight.store().is_shared:
        return f"{reasons}, or it was recorded in another store."
    reasons = f"{reasons}, or the server has restarted since."
    if not sees_only_its_own(request):
        return reasons
    return (
        f"{reasons} Another process of the server may have it: each process keeps its own traces, "
        f'and process {os.getpid()} answered this page. ORM_INSIGHT["REDIS_URL"] lets all '
        "processes share one store."
    )


def sees_only_its_own(request: HttpRequest) -> bool:
    """Return whether other processes answer requests and store their own traces."""
    return not insight.store().is_shared and has_several_processes(request)


def version_of(listed: Iterable[Listed]) -> str:
    """A digest of the list that changes as soon as there is anything new to show."""
    told = sha256()
    for entry in listed:
        summary = entry.summary
        known = digests.get(summary) is not None
        told.update(f"{summary.id} {summary.duration_ms} {sorted(entry.kept_for)} {known}".encode())
    told.update(repr((insight.store().problem, insight.is_recording())).encode())
    return told.hexdigest()[:16]


def demand(request: HttpRequest) -> Demand | None:
    if not get_config().on_demand:
        return None
    hours = int(policy.LASTS.total_seconds() // 3600)
    return Demand(url=address("record-me"), is_asked_for=policy.is_asked_for(request), hours=hours)


def only_process(request: HttpRequest) -> str:
    """The process that changes are limited to; empty if they apply to all."""
    return f"process {os.getpid()}" if sees_only_its_own(request) else ""


# Detection of several server processes. WSGI reports it. ASGI does not, and Django always says
# "several" there: a worker looks for processes like itself with the same parent. In doubt there is
# only one.

_PROCESSES = Path("/proc")
_NUMBER = re.compile(rb"\d+")


def has_several_processes(request: HttpRequest) -> bool:
    if not isinstance(request, ASGIRequest):
        return bool(request.META.get("wsgi.multiprocess"))
    try:
        return _has_siblings()
    except OSError:
        return _were_asked_for()


def _has_siblings() -> bool:
    """Return whether the server has forked or spawned other processes of the same kind."""
    parent = os.getppid()
    own = _command(os.getpid())
    if not _is_worker(own, parent):
        return False
    return any(_is_alike(child, own) for child in _children(parent) if child != os.getpid())


def _is_worker(own: bytes, parent: int) -> bool:
    """Return whether the parent is a server: a shell may also start the same command twice."""
    is_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")
    is_spawned = multiprocessing.parent_process() is not None
    return is_gunicorn or is_spawned or _command(parent) == own


def _children(parent: int) -> Iterator[int]:
    for thread in (_PROCESSES / str(parent) / "task").iterdir():
        yield from map(int, (thread / "children").read_bytes().split())


def _is_alike(process: int, own: bytes) -> bool:
    try:
        return _command(process) == own
    except OSError:
        return False


def _command(process: int) -> bytes:
    """The command line without its numbers, because those of pipes differ."""
    return _NUMBER.sub(b"", (_PROCESSES / str(process) / "cmdline").read_bytes())


def _were_asked_for() -> bool:
    """Without ``/proc``, trust the environment variable of uvicorn and gunicorn."""
    wanted = os.environ.get("WEB_CONCURRENCY", "")
    is_spawned = multiprocessing.parent_process() is not None
    return is_spawned and wanted.isdecimal() and int(wanted) > 1
