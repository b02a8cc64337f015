"""Hints as cards: what to change, where, and what it saves."""

from __future__ import annotations

from orm_insight.analysis.report import Report
from orm_insight.model.hint import Hint
from orm_insight.ui.contexts import HintCard, QueryLink
from orm_insight.ui.format import count, duration, queries
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources

_OPEN = 3
_WITH_SOURCE = 30
_LINKED_QUERIES = 8


def hint_cards(report: Report, links: Links, sources: Sources) -> tuple[HintCard, ...]:
    """All hints, largest saving first; the first are open."""
    return tuple(_card(number, hint, links, sources) for number, hint in enumerate(report.hints))


def _card(number: int, hint: Hint, links: Links, sources: Sources) -> HintCard:
    with_source = number < _WITH_SOURCE
    origin = hint.origin if hint.origin != hint.site else None
    others = tuple(site for site in hint.sites if site not in (hint.site, hint.origin))
    return HintCard(
        number=number,
        code=hint.code,
        title=hint.title,
        message=hint.message,
        severity=str(hint.severity),
        fix=hint.fix,
        is_certain=hint.certain,
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
        query_count=count(len(hint.queries)),
        queries_url=links.queries(hint=number),
        is_open=number < _OPEN,
    )
