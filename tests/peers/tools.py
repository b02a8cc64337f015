"""How each tool is asked about a block of code, and what it says: one text for each finding.

A tool is used as its documentation says, with a threshold of two where it has one. Findings about
indexes, which no scenario is about, are left out; so are those about wide columns, unless the
scenario is recorded in depth, which is where ours speaks of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

Watch = Callable[[bool], AbstractContextManager[list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """``watch`` records a block and fills the list when it ends; it is told whether the scenario
    asks for a recording in depth."""

    name: str
    requires: str
    apps: tuple[str, ...] = ()
    watch: Watch


@contextmanager
def ours(deep: bool) -> Iterator[list[str]]:  # noqa: FBT001
    import orm_insight

    found: list[str] = []
    with orm_insight.capture(deep=deep) as trace:
        yield found
    found.extend(f"{h.model}.{h.lookup}: {h.message} {h.fix}" for h in trace.report().hints)


@contextmanager
def zeal(deep: bool) -> Iterator[list[str]]:  # noqa: FBT001
    from zeal import zeal_context

    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with zeal_context():
            yield found
    found.extend(str(w.message) for w in caught if "N+1" in str(w.message))


@contextmanager
def nplusone(deep: bool) -> Iterator[list[str]]:  # noqa: FBT001
    import nplusone.ext.django.patch  # noqa: F401  # Django is patched by the import
    from nplusone.core.profiler import Profiler

    found: list[str] = []

    class Collector(Profiler):
        def notify(self, message: Any) -> None:
            found.append(str(message.message))

    with Collector():
        yield found


@contextmanager
def query_doctor(deep: bool) -> Iterator[list[str]]:  # noqa: FBT001
    from query_doctor import diagnose_queries

    found: list[str] = []
    with diagnose_queries() as report:
        yield found
    other = {"missing_index"} if deep else {"missing_index", "fat_select"}
    found.extend(
        f"{p.description} {p.fix_suggestion}"
        for p in report.prescriptions
        if p.issue_type.value not in other
    )


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(name="orm_insight", requires="orm_insight", watch=ours),
        Tool(name="zeal", requires="zeal", apps=("zeal",), watch=zeal),
        Tool(name="nplusone", requires="nplusone", watch=nplusone),
        Tool(name="query-doctor", requires="query_doctor", watch=query_doctor),
    )
}
