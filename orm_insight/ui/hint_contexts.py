"""What the page of a hint is made of, and the page that explains a code, with their templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from orm_insight.ui.contexts import Fact, Place, Queries, QueryDetail
from orm_insight.ui.edits import Edits
from orm_insight.ui.pages import Shell, TraceHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """``kind`` is ``file``, ``hunk``, ``context``, ``added``, ``removed`` or ``note``."""

    kind: str
    markup: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """``text`` is what ``git apply`` takes, ``lines`` the same marked.

    Where it is not ``is_whole``, further lines have to be changed by hand.
    """

    path: str
    text: str
    lines: tuple[DiffLine, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreCode:
    """What silences a hint: a comment for the end of a line, and an entry of the settings."""

    comment: str
    place: Place | None
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HintDetail:
    """One piece of advice with everything there is to know.

    ``advice`` says what to do, in words; ``fix_place`` where the fix is written.
    ``is_only_cost``: what it takes is known, and not what a change would save.
    """

    code: str
    title: str
    severity: str
    sentence: Markup
    advice: str
    facts: tuple[Fact, ...]
    fix: str
    fix_place: str
    is_certain: bool
    is_only_cost: bool
    diff: Diff | None
    no_diff: str
    origin: Place | None
    site: Place | None
    other_sites: tuple[Place, ...]
    more_sites: str
    first: QueryDetail | None
    queries: Queries
    queries_url: str | None
    ignore: IgnoreCode
    about_url: str | None
    docs: str
    edits: Edits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HintPage:
    template: ClassVar[str] = "pages/hint.jinja"
    shell: Shell
    trace: TraceHeader
    hint: HintDetail
    problem_url: str | None
    json_url: str
    markdown_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage:
    """A page of the documentation that comes with the package."""

    template: ClassVar[str] = "pages/about.jinja"
    shell: Shell
    title: str
    text: Markup
    index_url: str | None
