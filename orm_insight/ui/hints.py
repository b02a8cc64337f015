"""Hints as cards: what to change, where, and what it saves."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from markupsafe import Markup, escape

from orm_insight.hints.fixes import combine
from orm_insight.hints.patching.chains import Clues
from orm_insight.hints.patching.patch import may_be_patched, patched, unified_diff
from orm_insight.model.catalogue import rule_of
from orm_insight.model.fix import BeforeLoop, Calls, ClassBody, Fix, InPlace, MetaIndex
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.reports.problems import Identity
from orm_insight.reports.report import Report
from orm_insight.reports.silence import IgnoreComment, SilencedHint
from orm_insight.ui.components import Edits, Fact, HintCard, Place, Queries, QueryDetail, QueryLink
from orm_insight.ui.format import count, counted, display_path, duration, percent, queries
from orm_insight.ui.links import Links
from orm_insight.ui.pages import Shell, TraceHeader
from orm_insight.ui.queries import query_detail, rows_of
from orm_insight.ui.source import Sources

_OPEN = 3
_WITH_SOURCE = 30
_LINKED_QUERIES = 8
_NAMED_IGNORES = 3


def hint_cards(report: Report, links: Links, sources: Sources) -> tuple[HintCard, ...]:
    """All hints, largest saving first; the first are open."""
    return tuple(_card(number, hint, links, sources) for number, hint in enumerate(report.hints))


def silence_note(report: Report) -> str:
    """One quiet line: what is silenced and by what, and which comments silence nothing."""
    parts = []
    if report.silenced:
        entries = dict.fromkeys(map(_silenced, report.silenced))
        parts.append(f"{counted(len(report.silenced), 'hint')} ignored: {_some(entries)}.")
    if report.unused_ignores:
        places = dict.fromkeys(map(_place, report.unused_ignores))
        parts.append(f"Ignore comments without effect here: {_some(places)}.")
    return " ".join(parts)


def _silenced(entry: SilencedHint) -> str:
    by = _place(entry.comments[0]) if entry.comments else f'IGNORE["{entry.pattern}"]'
    return f"{entry.hint.code} by {by}"


def _place(comment: IgnoreComment) -> str:
    return f"{display_path(comment.file)}:{comment.line}"


def _some(texts: Collection[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(texts) - _NAMED_IGNORES
    named = ", ".join(islice(texts, _NAMED_IGNORES))
    return f"{named} and {count(more)} more" if more > 0 else named


def fix_place(hint: Hint) -> str:
    """Return the place of the fix in a few words."""
    change = hint.change.change
    if isinstance(change, BeforeLoop):
        return "before the loop"
    if isinstance(change, InPlace):
        return "in place of the call site"
    if isinstance(change, MetaIndex):
        return f"into Meta.indexes of {hint.model}"
    return "where the queryset is built" if hint.origin not in {None, hint.site} else ""


def details_label(hint: Hint, sources: Sources) -> str:
    """Return the label of the link to a hint's page, which tries whether a diff can be written."""
    at = hint.change.at
    is_possible = (
        at is not None
        and may_be_patched(hint.change)
        and getattr(at, "is_application", True)
        and sources.unchanged_text(at.file) is not None
    )
    return "Diff and details" if is_possible else "Details"


def edits_of(hint: Hint, sources: Sources) -> Edits | None:
    """Return the edits next to the fix; ``None`` where the fix is all there is to write."""
    if not (hint.imports or hint.instead or hint.model_site):
        return None
    site, model = hint.site, hint.model_site
    return Edits(
        imports="\n".join(hint.imports),
        instead=hint.instead,
        replaces=hint.replaces,
        place=sources.place(site, with_excerpt=False) if hint.instead and site else None,
        model=sources.place(model, with_excerpt=False) if model else None,
    )


def _card(number: int, hint: Hint, links: Links, sources: Sources) -> HintCard:
    with_source = number < _WITH_SOURCE
    origin = hint.origin if hint.origin != hint.site else None
    identity = Identity.of(hint).id
    others = tuple(site for site in hint.sites if site not in (hint.site, hint.origin))
    return HintCard(
        number=number,
        hint=hint,
        fix_place=fix_place(hint),
        origin=sources.place(origin, with_excerpt=with_source) if origin else None,
        site=sources.place(hint.site, with_excerpt=with_source) if hint.site else None,
        other_sites=tuple(sources.place(site, with_excerpt=False) for site in others[:5]),
        links=tuple(
            QueryLink(index=query.index, url=links.query(query.index))
            for query in hint.queries[:_LINKED_QUERIES]
        ),
        queries_url=links.queries(hint=number),
        url=links.hint_page(identity),
        details=details_label(hint, sources),
        problem_url=links.problem(identity),
        markdown_url=links.hint_markdown(identity),
        is_open=number < _OPEN,
        edits=edits_of(hint, sources),
    )


# The fix as a diff of the origin's file, each line marked for what it is.

_KINDS = {"+": "added", "-": "removed", "@": "hunk", "\\": "note"}
_FILES = 2


def diff_of(fix: Fix, hint: Hint, report: Report, sources: Sources) -> Diff | None:
    """The diff of a fix of the hint's queryset; ``None`` where it is not certain, or the file is
    another one now."""
    at = fix.at
    if at is None or not may_be_patched(fix) or not getattr(at, "is_application", True):
        return None
    text = sources.unchanged_text(at.file)
    if text is None:
        return None
    patch = patched(fix, text, Clues.of(hint, report.queries, report.schema))
    if patch is None:
        return None
    path = display_path(at.file).replace(os.sep, "/").lstrip("/")
    diff = unified_diff(text, patch.text, path)
    lines = tuple(_lines(diff.split("\n")[:-1]))
    return Diff(path=path, text=diff, lines=lines, is_whole=patch.is_whole)


def _lines(lines: Sequence[str]) -> Iterator[DiffLine]:
    yield from (DiffLine(kind="file", markup=escape(line)) for line in lines[:_FILES])
    rest = list(lines[_FILES:])
    while rest:
        removed = _taken(rest, "-")
        added = _taken(rest, "+")
        yield from _changed(removed, added)
        if rest and not removed and not added:
            line = rest.pop(0)
            yield DiffLine(kind=_KINDS.get(line[:1], "context"), markup=escape(line))


def _taken(lines: list[str], sign: str) -> list[str]:
    """The lines at the beginning that are marked so."""
    taken = []
    while lines and lines[0].startswith(sign):
        taken.append(lines.pop(0))
    return taken


def _changed(removed: list[str], added: list[str]) -> Iterable[DiffLine]:
    """Lines that replace others show what is different in them."""
    is_paired = len(removed) == len(added)
    pairs = list(zip(removed, added, strict=False)) if is_paired else []
    old = [_marked(line, other) for line, other in pairs] or [escape(line) for line in removed]
    new = [_marked(line, other) for other, line in pairs] or [escape(line) for line in added]
    yield from (DiffLine(kind="removed", markup=markup) for markup in old)
    yield from (DiffLine(kind="added", markup=markup) for markup in new)


def _marked(line: str, other: str) -> Markup:
    """The characters between what both lines begin and end with."""
    start = _shared(line[1:], other[1:]) + 1
    limit = min(len(line), len(other)) - start
    end = min(_shared(line[::-1], other[::-1]), limit)
    middle = line[start : len(line) - end]
    mark = Markup('<mark class="oi-diff-mark">{}</mark>').format(middle) if middle else Markup()
    return Markup("{}{}{}").format(line[:start], mark, line[len(line) - end :])


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


# The page of a hint, and the page that explains a code.


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
class Together:
    """All fixes of one queryset as one; ``hints`` tells of which hints."""

    hints: str
    fix: str
    is_certain: bool
    diff: Diff | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreCode:
    """Two ways to ignore a hint: a comment at the end of a line, and an entry of the settings."""

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
    certain: bool
    is_only_cost: bool
    diff: Diff | None
    no_diff: str
    together: Together | None
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


# One hint with everything there is to know: what happens, the change, where, what it costs.

_AROUND = 5
_MAX_SITES = 12
_MAX_QUERIES = 10


def hint_detail(
    number: int,
    report: Report,
    links: Links,
    sources: Sources,
    *,
    about_url: str | None,
    csrf_token: str | None,
) -> HintDetail:
    """The hint with this number in the report. EXPLAIN is offered where there is a token."""
    hint = report.hints[number]
    others = [site for site in hint.sites if site not in (hint.site, hint.origin)]
    diff = diff_of(hint.change, hint, report, sources)
    sentence, advice = _in_words(hint)
    return HintDetail(
        code=hint.code,
        title=hint.title,
        severity=str(hint.severity),
        sentence=sentence,
        advice=advice,
        facts=tuple(_facts(hint, report)),
        fix=hint.fix,
        fix_place=_fix_place(hint),
        certain=hint.certain,
        is_only_cost=_is_only_cost(hint),
        diff=diff,
        no_diff=_no_diff(hint, diff, sources),
        together=_together(hint, report, sources),
        origin=_around(hint.origin if hint.origin != hint.site else None, sources),
        site=_around(hint.site, sources),
        other_sites=tuple(sources.place(site, around=_AROUND) for site in others[:_MAX_SITES]),
        more_sites=_more(len(others) - _MAX_SITES),
        first=_first(hint, links, sources, csrf_token),
        queries=rows_of(hint.queries, report, links, sources, hint=number, limit=_MAX_QUERIES),
        queries_url=links.queries(hint=number),
        ignore=_ignore(hint, report, sources),
        about_url=about_url,
        docs=hint.docs,
        edits=edits_of(hint, sources),
    )


def _around(site: CallSite | None, sources: Sources) -> Place | None:
    return sources.place(site, around=_AROUND) if site else None


def _first(
    hint: Hint, links: Links, sources: Sources, csrf_token: str | None
) -> QueryDetail | None:
    first = next(iter(hint.queries), None)
    return query_detail(first, links, sources, csrf_token=csrf_token) if first else None


def _together(hint: Hint, report: Report, sources: Sources) -> Together | None:
    """The fixes of all hints that are written at the same place."""
    at = hint.change.at
    same = [other for other in report.hints if other.fix and other.change.at == at]
    fix = combine(other.change for other in same) if at is not None and len(same) > 1 else None
    if fix is None or fix.change == hint.change.change or not hint.fix:
        return None
    return Together(
        hints=counted(len(same), "hint"),
        fix=fix.code,
        is_certain=fix.is_certain,
        diff=diff_of(fix, hint, report, sources),
    )


def _is_only_cost(hint: Hint) -> bool:
    """Return whether the saving of a change is unknown: the plan may tell."""
    return not (hint.fix or hint.saving.queries)


def _in_words(hint: Hint) -> tuple[Markup, str]:
    """Return the sentence about the problem, with its lines, and the advice."""
    advice = hint.advice
    rule = rule_of(hint.code)
    does = rule.does if rule is not None else ""
    if not does or hint.site is None or hint.lookup is None:
        where = Markup(", at {}").format(_location(hint.site)) if hint.site else Markup()
        return Markup("{}{}.").format(hint.happens.removesuffix("."), where), advice
    what = Markup(escape(does)).format(_code(hint.lookup))
    rows = Markup("for the {} queryset").format(_code(hint.model or ""))
    if hint.origin is not None and hint.origin != hint.site:
        rows += Markup(" that {} builds").format(_location(hint.origin))
    sentence = Markup("{} {} once per row, {}: {}.")
    return sentence.format(_location(hint.site), what, rows, _sum(hint)), advice


def _sum(hint: Hint) -> str:
    total, left = len(hint.queries), len(hint.queries) - hint.saving.queries
    statements = queries(total)
    if not hint.saving.queries:
        return statements
    return (
        f"{statements} where {count(left)} would do"
        if left
        else f"{statements} where none is needed"
    )


def _location(site: CallSite) -> Markup:
    return _code(f"{display_path(site.file)}:{site.line}")


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _facts(hint: Hint, report: Report) -> Iterator[Fact]:
    saving, spent = hint.saving, sum(query.duration_ms for query in hint.queries)
    yield Fact(label="Queries", value=count(len(hint.queries)))
    if saving.queries:
        yield Fact(label="Saved by the fix", value=queries(saving.queries))
    if saving.ms >= 0.005:
        share = min(saving.ms / report.query_ms, 1.0) if report.query_ms else 0.0
        yield Fact(
            label="Time taken" if _is_only_cost(hint) else "Time saved",
            value=duration(saving.ms),
            note=f"{percent(share)} of the database time of this trace",
            bar=share,
        )
    elif spent:
        yield Fact(label="Time taken", value=duration(spent))
    if hint.model:
        yield Fact(label="Model", value=hint.model)
    if hint.lookup:
        yield Fact(label="Lookup", value=hint.lookup)


def _fix_place(hint: Hint) -> str:
    """Return the place of the code: in a class, after a queryset, or in place of other code."""
    change = hint.change.change
    if isinstance(change, MetaIndex | BeforeLoop):
        return fix_place(hint)
    if hint.origin is None:
        return ""
    where = f"{display_path(hint.origin.file)}:{hint.origin.line}"
    if isinstance(change, Calls):
        return f"after the queryset of {where}"
    if isinstance(change, ClassBody):
        return f"in the body of {hint.origin.function}, {where}"
    return f"instead of what {where} does each time"


def _no_diff(hint: Hint, diff: Diff | None, sources: Sources) -> str:
    """Why there is a fix and no diff."""
    if not hint.fix or diff is not None:
        return ""
    if isinstance(hint.change.change, MetaIndex):
        return "The page of the plan shows the imports and the migration, and can try the index."
    if sources.are_closed:
        return "No diff: this trace was imported, and its source files are not read."
    if hint.origin is not None and sources.is_changed(hint.origin.file):
        return "No diff: the file has changed since this was recorded."
    if not isinstance(hint.change.change, Calls | ClassBody):
        return "No diff: the surrounding code has to change as well."
    return "No diff: the source does not show for certain where the change belongs."


def _more(left: int) -> str:
    return f"and {counted(left, 'line')} more" if left > 0 else ""


def _ignore(hint: Hint, report: Report, sources: Sources) -> IgnoreCode:
    """Any of the hint's lines will do; the one that fires is where a reader wonders."""
    site = hint.site or hint.origin
    comment = f"orm-insight: ignore[{hint.code}] reason"
    is_template = site is not None and site.is_template
    trace = report.trace
    name = trace.path or trace.name
    return IgnoreCode(
        comment=f"{{# {comment} #}}" if is_template else f"# {comment}",
        place=sources.place(site, with_excerpt=False) if site else None,
        setting=f'ORM_INSIGHT = {{"IGNORE": {{{_quoted(name)}: ["{hint.code}"]}}}}',
    )


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'
