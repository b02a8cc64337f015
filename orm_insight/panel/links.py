"""Where the panel leads: plans are shown in the toolbar, everything else on the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import NoReverseMatch, reverse

from orm_insight.conf import get_config
from orm_insight.dashboard.links import TraceLinks


class PanelLinks:
    """The addresses of one trace; ``None`` where the project has no dashboard."""

    def __init__(self, trace_id: str) -> None:
        self._dashboard = TraceLinks(trace_id)

    def trace(self) -> str | None:
        return _address(self._dashboard.trace)

    def depth(self) -> str | None:
        trace = self.trace()
        return None if trace is None else f"{trace}#depth"

    def problem(self, problem_id: str) -> str | None:
        return _address(self._dashboard.problem, problem_id)

    def hint_page(self, problem_id: str) -> str | None:
        return _address(self._dashboard.hint_page, problem_id)

    def hint_markdown(self, problem_id: str) -> str | None:
        return _address(self._dashboard.hint_markdown, problem_id)

    def query(self, index: int) -> str | None:
        return _address(self._dashboard.query, index)

    def queries(
        self, *, hint: int | None = None, group: int | None = None, offset: int = 0
    ) -> str | None:
        return _address(self._dashboard.queries, hint=hint, group=group, offset=offset)

    def groups(self, *, offset: int = 0) -> str | None:
        return _address(self._dashboard.groups, offset=offset)

    def explain(self, index: int) -> str | None:
        if not get_config().explain_enabled:
            return None
        return _address(reverse, "djdt:orm_insight_explain", args=(index,))

    def about(self, code: str) -> str | None:
        return _address(self._dashboard.about, code)

    def plan_json(self, index: int) -> str | None:
        return _address(self._dashboard.plan_json, index)


def _address(address: Callable[..., str | None], *args: Any, **kwargs: Any) -> str | None:
    try:
        return address(*args, **kwargs)
    except NoReverseMatch:
        return None
