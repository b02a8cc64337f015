"""Shows which line of code issues which queries, and the change that removes the waste.

The public API; nothing inside the package imports from here. Each name is imported when it is
first used: a project that lists the app pays for no more than it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orm_insight.analysis.groups import QueryGroup
    from orm_insight.capture.propagation import in_context
    from orm_insight.model.frames import CallSite, Frame
    from orm_insight.model.hint import Hint, Saving, Severity
    from orm_insight.model.plan import Plan, PlanNode
    from orm_insight.model.trace import REDACTED, Query, Trace
    from orm_insight.recording.blocks import capture
    from orm_insight.reports.report import Report
    from orm_insight.version import __version__

__all__ = [
    "REDACTED",
    "CallSite",
    "Frame",
    "Hint",
    "Plan",
    "PlanNode",
    "Query",
    "QueryGroup",
    "Report",
    "Saving",
    "Severity",
    "Trace",
    "__version__",
    "capture",
    "in_context",
]

_MODULES = {
    "REDACTED": "orm_insight.model.trace",
    "CallSite": "orm_insight.model.frames",
    "Frame": "orm_insight.model.frames",
    "Hint": "orm_insight.model.hint",
    "Plan": "orm_insight.model.plan",
    "PlanNode": "orm_insight.model.plan",
    "Query": "orm_insight.model.trace",
    "QueryGroup": "orm_insight.analysis.groups",
    "Report": "orm_insight.reports.report",
    "Saving": "orm_insight.model.hint",
    "Severity": "orm_insight.model.hint",
    "Trace": "orm_insight.model.trace",
    "__version__": "orm_insight.version",
    "capture": "orm_insight.recording.blocks",
    "in_context": "orm_insight.capture.propagation",
}


# The first import of a folder binds its name here, and no later one does. The folder of this name
# makes room for the public one.
import_module("orm_insight.capture")
del globals()["capture"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
