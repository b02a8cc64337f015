"""The links of a page. The dashboard has addresses of its own, and so has the panel."""

from __future__ import annotations

from typing import Protocol


class Links(Protocol):
    """The addresses of one trace; ``None`` where there is no such page."""

    def problem(self, problem_id: str) -> str | None:
        """A problem on the page that lists those of all traces."""

    def hint_page(self, problem_id: str) -> str | None:
        """A hint of the trace, by the problem it is about, with everything there is to know."""

    def hint_markdown(self, problem_id: str) -> str | None:
        """The same hint as a text that can be pasted."""

    def query(self, index: int) -> str | None:
        """One query with everything there is to know."""

    def queries(
        self, *, hint: int | None = None, group: int | None = None, offset: int = 0
    ) -> str | None:
        """Rows of queries from ``offset`` on: all, or those of a hint or a group by number."""

    def groups(self, *, offset: int = 0) -> str | None:
        """Rows of groups from ``offset`` on."""

    def explain(self, index: int) -> str | None:
        """The target of the form for EXPLAIN."""

    def about(self, code: str) -> str | None:
        """The document about hints of this code."""

    def plan_json(self, index: int) -> str | None:
        """The newest plan of a query, as the database gave it."""
