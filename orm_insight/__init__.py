"""Shows which line of code issues which queries, and the change that removes the waste.

The public API; nothing inside the package imports from here.
"""

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.report import Report
from orm_insight.block import capture
from orm_insight.capture.threads import in_context
from orm_insight.model.hint import Hint, Saving, Severity
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.model.trace import REDACTED, CallSite, Frame, Query, Trace
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
