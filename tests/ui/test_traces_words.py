"""The words of a list for traces that are no requests."""

from __future__ import annotations

from orm_insight.ui.pages import TraceHeader
from tests.builders import make_trace


def test_a_task_is_named_once():
    task = make_trace(kind="task", name="shop.send", view="shop.send")

    assert (TraceHeader(trace=task, url="/").title, TraceHeader(trace=task, url="/").view) == (
        "shop.send",
        "",
    )


def test_what_has_no_status_and_failed_says_so():
    failed = make_trace(kind="command", name="load", status=None, error="ValueError: no")
    done = make_trace(kind="command", name="load", status=None)

    assert (
        TraceHeader(trace=failed, url="/").status,
        TraceHeader(trace=failed, url="/").is_failure,
    ) == ("failed", True)
    assert (
        TraceHeader(trace=done, url="/").status,
        TraceHeader(trace=done, url="/").is_failure,
    ) == ("", False)


def test_a_status_is_said_as_it_is():
    assert TraceHeader(trace=make_trace(status=404, error="Http404: gone"), url="/").status == "404"
