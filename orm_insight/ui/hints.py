"""Hints as cards: what to change, where, and what it saves."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from orm_insight.analysis.patches.patch import may_be_patched
from orm_insight.analysis.problems import Identity
from orm_insight.analysis.report import Report
from orm_insight.analysis.silence import IgnoreComment, SilencedHint
from orm_insight.hints.catalogue import Target, rule_of
from orm_insight.model.hint import Hint
from orm_insight.ui.contexts import HintCard, QueryLink
from orm_insight.ui.edits import edits_of
from orm_insight.ui.format import count, counted, duration, queries
from orm_insight.ui.links import Links
from orm_insight.ui.paths import display_path
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
        parts.append(f"{counted(len(report.silenced), 'hint')} silenced: {_some(entries)}.")
    if report.unused_ignores:
        places = dict.fromkeys(map(_place, report.unused_ignores))
        parts.append(f"An ignore that silences nothing here: {_some(places)}.")
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
    """Where the fix belongs, in a few words."""
    match target_of(hint):
        case Target.LOOP:
            return "before the loop"
        case Target.CALL:
            return "in the place of what fires"
        case Target.MODEL:
            return f"into Meta.indexes of {hint.model}"
    return "where the queryset is built" if hint.origin not in {None, hint.site} else ""


def details_label(hint: Hint, sources: Sources) -> str:
    """What the page of a hint has; whether the diff can be written is tried there."""
    origin = hint.origin
    is_possible = (
        origin is not None
        and may_be_patched(hint)
        and getattr(origin, "is_application", True)
        and sources.unchanged_text(origin.file) is not None
    )
    return "Diff and details" if is_possible else "Details"


def is_of_index(hint: Hint) -> bool:
    """The fix belongs into a model, not to the lines that the hint names."""
    return target_of(hint) is Target.MODEL


def target_of(hint: Hint) -> Target:
    rule = rule_of(hint.code)
    return Target.QUERYSET if rule is None else rule.target


def _card(number: int, hint: Hint, links: Links, sources: Sources) -> HintCard:
    with_source = number < _WITH_SOURCE
    origin = hint.origin if hint.origin != hint.site else None
    identity = Identity.of(hint).id
    others = tuple(site for site in hint.sites if site not in (hint.site, hint.origin))
    return HintCard(
        number=number,
        code=hint.code,
        title=hint.title,
        message=hint.message,
        severity=str(hint.severity),
        fix=hint.fix,
        is_certain=hint.certain,
        fix_place=fix_place(hint),
        docs=hint.docs,
        saved_queries=queries(hint.saving.queries) if hint.saving.queries else "",
        saved_time=duration(hint.saving.ms) if hint.saving.ms >= 0.005 else "",
        origin=sources.place(origin, with_excerpt=with_source) if origin else None,
        site=sources.place(hint.site, with_excerpt=with_source) if hint.site else None,
        other_sites=tuple(sources.place(site, with_excerpt=False) for site in others[:5]),
        links=tuple(
            QueryLink(index=query.index, url=links.query(query.index))
            for query in hint.queries[:_LINKED_QUERIES]
        ),
        query_count=queries(len(hint.queries)),
        queries_url=links.queries(hint=number),
        url=links.hint_page(identity),
        details=details_label(hint, sources),
        problem_url=links.problem(identity),
        markdown_url=links.hint_markdown(identity),
        is_open=number < _OPEN,
        edits=edits_of(hint, sources),
    )
