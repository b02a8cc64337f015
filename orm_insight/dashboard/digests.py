"""What the pages over all traces know of each: computed once, a few traces at a time.

A report of a large trace takes a tenth of a second, and there may be hundreds: a request works
for a while and leaves the rest to the next one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

from orm_insight import insight
from orm_insight.analysis.problems import Finding, findings_of
from orm_insight.capture import faults
from orm_insight.conf import Config, get_config
from orm_insight.model.trace import Trace
from orm_insight.ui.pages import HintDigest

BUDGET_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The hints of a trace without its queries; ``is_failed`` where they could not be found."""

    findings: tuple[Finding, ...] = ()
    is_failed: bool = False

    @property
    def line(self) -> HintDigest:
        """All hints in a line, for the list."""
        if not self.findings:
            return HintDigest(count=0)
        best = self.findings[0].hint
        return HintDigest(
            count=len(self.findings),
            severity=str(best.severity),
            code=best.code,
            title=best.title,
        )


class Digests:
    """What is known by trace id, for as many traces as the ring holds.

    Forgotten when the settings change.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._config: Config | None = None
        self._known: OrderedDict[str, Digest] = OrderedDict()

    def get(self, trace: Trace) -> Digest | None:
        with self._lock:
            self._follow_settings()
            return self._known.get(trace.id)

    def work(
        self,
        traces: Iterable[Trace],
        *,
        budget_s: float = BUDGET_S,
        now: Callable[[], float] = perf_counter,
    ) -> None:
        """Analyse those not yet known, the first in any case, until the budget is spent."""
        started = now()
        for trace in traces:
            if self.get(trace) is not None:
                continue
            self._put(trace, digest_of(trace))
            if now() - started > budget_s:
                return

    def _put(self, trace: Trace, digest: Digest) -> None:
        with self._lock:
            self._known[trace.id] = digest
            while len(self._known) > get_config().max_traces:
                self._known.popitem(last=False)

    def _follow_settings(self) -> None:
        config = get_config()
        if config is not self._config:
            self._known.clear()
            self._config = config


def digest_of(trace: Trace) -> Digest:
    """A trace that cannot be analysed must not take the others with it."""
    try:
        return Digest(findings=findings_of(insight.report_of(trace)))
    except Exception as error:
        faults.report("analyse a trace", error)
        return Digest(is_failed=True)


digests = Digests()
