"""The page of one statement, one call site or one endpoint: what stands above its traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.ui.choices import Choice
from orm_insight.ui.contexts import Demand, Fact, Place, SqlText
from orm_insight.ui.list_pages import Chosen, TraceTable
from orm_insight.ui.overview_contexts import ProblemLine, Ranking
from orm_insight.ui.pages import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLink:
    """Where more is said."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One row of a ranking with everything there is to know.

    ``kind`` is what it is; ``page`` names its ranking, and ``up`` leads there. ``gone`` says why
    nothing is known of it. A statement has ``sql`` and ``place``, a call site ``place``;
    ``hints_title`` says whose hints these are.
    """

    kind: str
    page: str
    up: SubjectLink
    title: str = ""
    method: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    gone: str = ""
    sql: SqlText | None = None
    place: Place | None = None
    facts: tuple[Fact, ...] = ()
    links: tuple[SubjectLink, ...] = ()
    hints_title: str = ""
    hints: tuple[ProblemLine, ...] = ()
    statements: Ranking | None = None
    pending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceListPage:
    """The list of traces. ``is_readable`` unless the store does not answer now; ``subject`` is
    the row of a ranking to which it is narrowed."""

    template: ClassVar[str] = "pages/traces.jinja"
    shell: Shell
    subject: Subject | None
    table: TraceTable
    text: str
    chosen: tuple[Chosen, ...]
    sorts: tuple[Choice, ...]
    kept: tuple[Choice, ...]
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    is_readable: bool
    is_shared: bool
    demand: Demand | None
    clear_url: str
    clear_note: str
    json_url: str
    import_url: str
