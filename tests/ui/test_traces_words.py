"""What a list says of traces that are no requests."""

from __future__ import annotations

from orm_insight.ui.traces import header_of
from tests.builders import make_trace


def test_a_task_is_named_once():
    task = make_trace(kind="task", name="shop.send", view="shop.send")

    assert (header_of(task, "/").title, header_of(task, "/").view) == ("shop.send", "")


def test_what_has_no_status_and_failed_says_so():
    failed = make_trace(kind="command", name="load", status=None, error="ValueError: no")
    done = make_trace(kind="command", name="load", status=None)

    assert (header_of(failed, "/").status, header_of(failed, "/").is_failure) == ("failed", True)
    assert (header_of(done, "/").status, header_of(done, "/").is_failure) == ("", False)


def test_a_status_is_said_as_it_is():
    assert header_of(make_trace(status=404, error="Http404: gone"), "/").status == "404"
