"""The hints of each trace in a line, for the list: computed once, a few at a time.

A report of a large trace takes a tenth of a second, and there may be hundreds: a request works
for a while and leaves the rest to the next one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import perf_counter

from orm_insight import insight
from orm_insight.capture import faults
from orm_insight.conf import Config, get_config
from orm_insight.model.trace import Trace
from orm_insight.ui.pages import HintDigest

_KEPT = 2_000
BUDGET_S = 0.3


class Digests:
    """What is known by trace id; forgotten when the settings change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._config: Config | None = None
        self._known: OrderedDict[str, HintDigest] = OrderedDict()

    def get(self, trace: Trace) -> HintDigest | None:
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

    def _put(self, trace: Trace, digest: HintDigest) -> None:
        with self._lock:
            self._known[trace.id] = digest
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)

    def _follow_settings(self) -> None:
        config = get_config()
        if config is not self._config:
            self._known.clear()
            self._config = config


def digest_of(trace: Trace) -> HintDigest:
    """A trace that cannot be analysed must not take the whole list with it."""
    try:
        hints = insight.report_of(trace).hints
    except Exception as error:
        faults.report("analyse a trace", error)
        return HintDigest(count=0)
    if not hints:
        return HintDigest(count=0)
    best = hints[0]
    return HintDigest(
        count=len(hints), severity=str(best.severity), code=best.code, title=best.title
    )


digests = Digests()
