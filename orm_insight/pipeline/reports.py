"""The report of a trace, with the plans that were made of its queries as evidence."""

from __future__ import annotations

import threading
from collections import OrderedDict

from orm_insight.conf import get_config
from orm_insight.explain.history import Explanations
from orm_insight.hints.base import Thresholds
from orm_insight.model.trace import Trace
from orm_insight.project.ignore_comments import read_comments
from orm_insight.project.schema import read_schema
from orm_insight.project.source_files import SourcesOf
from orm_insight.reports.report import Report, analyze
from orm_insight.reports.silence import Silence, no_comments

_KEPT_REPORTS = 8


class _State:
    """The reports that this process holds next to the store."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reports: OrderedDict[str, Report] = OrderedDict()


_state = _State()
explanations = Explanations()
"""The plans that were made in this process."""


def reset() -> None:
    """Forget reports and plans."""
    with _state.lock:
        _state.reports.clear()
    explanations.clear()


def report_of(trace: Trace) -> Report:
    """The report of a trace; the last few are kept, because their parts are read one by one."""
    evidence = explanations.evidence_of(trace.id)
    with _state.lock:
        report = _state.reports.get(trace.id)
        if report is not None and report.trace is trace and report.evidence == evidence:
            _state.reports.move_to_end(trace.id)
            return report
    config = get_config()
    report = analyze(
        trace,
        read_schema(),
        Thresholds(repeats=config.repeat_threshold, slow_ms=config.slow_query_ms),
        Silence(
            rules=config.ignore,
            # The files that an imported trace names are those of another machine.
            read_comments=no_comments if trace.is_imported else read_comments,
        ),
        evidence,
        SourcesOf(trace),
    )
    with _state.lock:
        _state.reports[trace.id] = report
        while len(_state.reports) > _KEPT_REPORTS:
            _state.reports.popitem(last=False)
    return report
