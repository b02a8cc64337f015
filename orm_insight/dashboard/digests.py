"""Digests of traces for the pages over all traces: computed once, a few at a time.

A report of a large trace takes a tenth of a second, and there may be hundreds. A request works
within a budget and leaves the rest to the next one. No trace is analysed twice.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

from orm_insight import faults, insight
from orm_insight.conf import Config, get_config
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.reports.problems import Finding, Loaded, findings_of, needed_in
from orm_insight.reports.workload import Part, parts_of
from orm_insight.stores.base import Listed
from orm_insight.ui.overview import site_text
from orm_insight.ui.traces import SEARCHED_SQL, Entry, HintDigest

BUDGET_S = 0.3
_READ_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The hints and parts of a trace, without its queries; ``is_failed`` if the analysis failed."""

    findings: tuple[Finding, ...] = ()
    needed: frozenset[Loaded] = frozenset()
    parts: tuple[Part, ...] = ()
    is_failed: bool = False

    @property
    def problems(self) -> frozenset[str]:
        return frozenset(finding.identity.id for finding in self.findings)

    @property
    def texts(self) -> Iterator[str]:
        """The texts that a search looks in: hints, SQL and call sites."""
        for finding in self.findings:
            yield f"{finding.hint.code} {finding.hint.title}\n{finding.hint.severity}"
        for part in self.parts:
            yield f"{part.sql[:SEARCHED_SQL]}\n{part.fingerprint}"
            if part.site is not None:
                site = part.site
                yield f"{site_text(site)} {site.function}\n{site.file}:{site.line}"

    @property
    def line(self) -> HintDigest:
        """The number of hints and the first of them, for the list."""
        if not self.findings:
            return HintDigest(count=0)
        best = self.findings[0].hint
        count, severity = len(self.findings), str(best.severity)
        return HintDigest(count=count, severity=severity, code=best.code, title=best.title)


class Digests:
    """The digests of as many traces as the store may hold, dropped when settings change.

    A digest belongs to an id and a duration, because a trace may be replaced under its id.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._config: Config | None = None
        self._known: OrderedDict[tuple[str, float], Digest] = OrderedDict()

    def get(self, summary: TraceSummary) -> Digest | None:
        with self._lock:
            self._follow_settings()
            key = _key(summary)
            digest = self._known.get(key)
            if digest is not None:
                self._known.move_to_end(key)
            return digest

    def work(
        self,
        summaries: Iterable[TraceSummary],
        *,
        budget_s: float = BUDGET_S,
        now: Callable[[], float] = perf_counter,
    ) -> None:
        """Analyse traces without a digest until the budget is spent, at least one batch."""
        started = now()
        missing = {each.id: each for each in summaries if self.get(each) is None}
        ids = list(missing)
        for first in range(0, len(ids), _READ_AT_ONCE):
            some = ids[first : first + _READ_AT_ONCE]
            for trace in insight.traces(some):
                if summary := missing.pop(trace.id, None):
                    self._put(summary, digest_of(trace))
                if now() - started > budget_s:
                    return
            self._give_up(missing.pop(id) for id in some if id in missing)

    def _give_up(self, unreadable: Iterable[TraceSummary]) -> None:
        """Mark listed traces that cannot be read as failed, unless the store has a problem now."""
        if insight.store().problem is None:
            for summary in unreadable:
                self._put(summary, Digest(is_failed=True))

    def _put(self, summary: TraceSummary, digest: Digest) -> None:
        with self._lock:
            self._known[_key(summary)] = digest
            while len(self._known) > insight.store().most_traces:
                self._known.popitem(last=False)

    def _follow_settings(self) -> None:
        config = get_config()
        if config is not self._config:
            self._known.clear()
            self._config = config


def _key(summary: TraceSummary) -> tuple[str, float]:
    return summary.id, summary.duration_ms


def digest_of(trace: Trace) -> Digest:
    """Analyse a trace. A failure is reported and marked, and does not stop the page."""
    try:
        report = insight.report_of(trace)
        return Digest(findings=findings_of(report), needed=needed_in(trace), parts=parts_of(report))
    except Exception as error:
        faults.report("analyse a trace", error)
        return Digest(is_failed=True)


digests = Digests()


def entry_of(listed: Listed | Entry) -> Entry:
    digest = digests.get(listed.summary)
    line = digest.line if digest else None
    return Entry(summary=listed.summary, kept_for=listed.kept_for, digest=line)
