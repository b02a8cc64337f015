"""The markup of the panel and of a plan above it, made when somebody looks.

Whatever the toolbar asks for, it gets something to show: a trace that has expired says so.
"""

from __future__ import annotations

from django.core.signing import Signer
from django.templatetags.static import static

from orm_insight import insight
from orm_insight.model.trace import Trace
from orm_insight.panel.content import panel_content, panel_plan
from orm_insight.panel.contexts import PanelMessage, PanelWindow
from orm_insight.panel.guard import guarded
from orm_insight.panel.links import PanelLinks
from orm_insight.ui.environment import render

NOT_RECORDED = (
    "Nothing is recorded of the dashboard's own pages, of paths that ORM_INSIGHT ignores, "
    "and while recording is switched off or paused."
)
FAULTY = "orm_insight itself has failed in this process; the log tells why."
EXPIRED = "Newer traces have taken its place. Reload the page to record it again."
FAILED = "<p>orm_insight failed to show this trace. The log tells why; the page is as it was.</p>"
EXPLAIN_FAILED = (
    '<div class="djDebugPanelTitle"><h3>EXPLAIN failed; the log tells why</h3>'
    '<button type="button" class="djDebugClose">&times;</button></div>'
)

signer = Signer(salt="orm_insight.panel")


def trace_page(trace_id: str | None, trace: Trace | None) -> str:
    """The trace as the panel shows it, or why there is none to show."""
    if trace_id is None:
        why = FAULTY if insight.status().faults else NOT_RECORDED
        return _message(PanelMessage, "Not recorded", why)
    if trace is None:
        return _message(PanelMessage, "This trace has expired", EXPIRED)
    return render(
        panel_content(
            insight.report_of(trace),
            PanelLinks(trace.id),
            stylesheet=_stylesheet(),
            signed=signer.sign(trace.id),
        )
    )


@guarded("explain a query from the toolbar", otherwise=EXPLAIN_FAILED)
def plan_page(trace_id: str, index: int, *, analyze: bool, try_index: str | None = None) -> str:
    """EXPLAIN one query of the ring, for the toolbar's window above the panel."""
    trace = insight.trace(trace_id)
    if trace is None:
        return _message(PanelWindow, "This trace has expired", EXPIRED)
    explanation = insight.explain(trace_id, index, analyze=analyze, try_index=try_index)
    if explanation is None:
        return _message(PanelWindow, "Nothing to explain", "The trace has no such query.")
    return render(
        panel_plan(
            explanation,
            trace,
            PanelLinks(trace_id),
            stylesheet=_stylesheet(),
            signed=signer.sign(trace_id),
            kept=insight.kept_explanations(explanation.query),
        )
    )


def _message(kind: type[PanelMessage], title: str, text: str) -> str:
    return render(kind(stylesheet=_stylesheet(), title=title, text=text))


def _stylesheet() -> str:
    return static("orm_insight/css/panel.css")
