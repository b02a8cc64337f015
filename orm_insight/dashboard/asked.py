"""What the address of the list of traces says: words, filters, the order, the page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from orm_insight.dashboard.links import address, with_query
from orm_insight.stores.base import KeptFor
from orm_insight.ui.kept import reason_of, word_of
from orm_insight.ui.traces import NEWEST_FIRST, is_sort

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address says: words to look for, why kept, the order, the page from 1.

    ``endpoint``, ``line`` and ``statement`` are ids of rows of a ranking: only their traces.
    """

    text: str = ""
    kept_for: KeptFor | None = None
    endpoint: str = ""
    line: str = ""
    statement: str = ""
    sort: str = NEWEST_FIRST
    page: int = 1

    @classmethod
    def of(cls, parameters: QueryDict) -> Asked:
        """What makes no sense is as if it were not there."""
        sort, page = parameters.get("sort", ""), parameters.get("page", "")
        return cls(
            text=parameters.get("q", "")[:_MAX_TEXT].strip(),
            kept_for=reason_of(parameters.get("kept", "")),
            endpoint=parameters.get("endpoint", "")[:_MAX_TEXT],
            line=parameters.get("line", "")[:_MAX_TEXT],
            statement=parameters.get("statement", "")[:_MAX_TEXT],
            sort=sort if is_sort(sort) else NEWEST_FIRST,
            page=max(int(page), 1) if page.isdecimal() and len(page) < 6 else 1,
        )

    def url(
        self, *, sort: str | None = None, page: int = 1, without: str = "", name: str = "traces"
    ) -> str:
        chosen = sort or self.sort
        return with_query(
            address(name),
            **{name: value for name, value in self.filters.items() if name != without},
            sort=None if chosen == NEWEST_FIRST else chosen,
            page=None if page == 1 else page,
        )

    @property
    def filters(self) -> dict[str, str]:
        return {
            "q": self.text,
            "kept": word_of(self.kept_for) if self.kept_for else "",
            **self.rows,
        }

    @property
    def rows(self) -> dict[str, str]:
        """The rows of rankings that are asked for."""
        return {"endpoint": self.endpoint, "line": self.line, "statement": self.statement}

    @property
    def needs_all(self) -> bool:
        """Whether only the queries of a trace tell whether it is one of them."""
        return bool(self.text or self.line or self.statement)

    @property
    def is_filtered(self) -> bool:
        return any(self.filters.values())
