"""The components of a page, handed to templates.

A component holds a value of the domain with its addresses and places; filters of ``templating``
format it. Text is escaped by the template. The pages made of components are in ``pages``.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query
from orm_insight.reports.problems import Occurrence, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a filter."""

    value: str
    label: str
    is_chosen: bool


# A query as text to copy: for a shell, and as Django code.


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """The statement with its values, for a ``shell`` such as ``psql``.

    ``note`` says what to know before it is run, such as which values have to be filled in.
    """

    shell: str
    markup: Markup
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoCode:
    """Code that issues the same statement; ``note`` says where it comes from."""

    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """``why_not`` says why there is nothing that runs, where there is a shell for it."""

    runnable: Runnable | None = None
    why_not: str = ""
    code: DjangoCode | None = None


NOTHING = Copies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The depth of a recording, and the form that asks for a deep one the next time.

    ``path`` is ``None`` where there is no request to wait for. ``only_process`` names
    the only process that waits for it; empty where any process takes it.
    """

    is_deep: bool
    path: str | None
    method: str
    is_waiting: bool
    is_shared: bool
    only_process: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlText:
    """A statement laid out; ``note`` says where it was cut."""

    markup: Markup
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A line of source, the expression in ``<mark>``; ``is_site`` where the call site is."""

    number: int
    markup: Markup
    is_site: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Lines around a call site; ``notice`` says why there are none, or what else to know."""

    lines: tuple[SourceLine, ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A call site: path as people know it, line, function or tag, and maybe its source.

    ``editor_url`` opens it in the editor of the settings, whose name is ``editor``.
    """

    path: str
    line: int
    function: str = ""
    is_template: bool = False
    is_application: bool = True
    excerpt: Excerpt | None = None
    editor_url: str | None = None
    editor: str = ""

    @property
    def location(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value given to a statement."""

    name: str
    text: str
    type: str
    note: str = ""
    is_withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBadge:
    """Why a trace is still there, in a word and in a sentence."""

    label: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file that a trace can be saved as, and who it is for."""

    label: str
    note: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLink:
    """A query by its number, and where it leads."""

    index: int
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HintCard:
    """One piece of advice; ``fix_place`` says where the fix belongs."""

    number: int
    hint: Hint
    fix_place: str
    origin: Place | None
    site: Place | None
    other_sites: tuple[Place, ...]
    links: tuple[QueryLink, ...]
    queries_url: str | None
    url: str | None
    details: str
    problem_url: str | None
    markdown_url: str | None
    is_open: bool
    edits: Edits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIn:
    """A trace that has a problem; ``url`` leads to the hint there."""

    url: str
    occurrence: Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCard:
    """The same hint over many traces; ``url`` leads to its page in the newest one."""

    problem: Problem
    url: str
    markdown_url: str
    details: str
    fix_place: str
    origin: Place | None
    site: Place | None
    seen_in: tuple[SeenIn, ...]
    is_open: bool
    edits: Edits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """Statements of one call site and shape. ``share`` is of the trace's time, 0 to 1."""

    group: QueryGroup
    place: Place | None
    share: float
    alias: str | None
    slowest: QueryLink | None
    queries_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Some of the groups; ``more_url`` leads to those that follow."""

    rows: tuple[GroupRow, ...]
    total: int
    more: str = ""
    more_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRow:
    """One query in a list. ``bar`` is its duration as a part of the slowest one's, 0 to 1."""

    query: Query
    kind: str
    place: Place | None
    bar: float
    repeats: int
    alias: str | None
    url: str | None
    has_plan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Some of the queries; ``more_url`` leads to those that follow."""

    rows: tuple[QueryRow, ...]
    total: int
    more: str = ""
    more_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainForm:
    """The form for an EXPLAIN."""

    action: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label, a value, and maybe a part of something to be drawn as a bar, 0 to 1."""

    label: str
    value: str
    note: str = ""
    bar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDetail:
    """One query with everything there is to know. Frames are innermost first.

    ``not_explained`` says why it never will be.
    """

    index: int
    sql: SqlText
    facts: tuple[Fact, ...]
    error: str
    parameters: tuple[Parameter, ...]
    parameters_note: str
    site: Place | None
    origin: Place | None
    frames: tuple[Place, ...]
    explain: ExplainForm | None
    not_explained: str = ""
    url: str | None = None
    copies: Copies = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The form by which a person has the requests of this browser recorded, for some hours."""

    url: str
    is_asked_for: bool
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """``imports`` are lines for the file of the fix. At ``place``, ``instead`` is written for
    ``replaces``. ``model`` is the class that takes the fix."""

    imports: str = ""
    instead: str = ""
    replaces: str = ""
    place: Place | None = None
    model: Place | None = None
