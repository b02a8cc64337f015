"""A comparison as figures, sections and rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from orm_insight.analysis.comparison import Comparison
from orm_insight.analysis.group_pairs import Change, GroupPair, Kind, Numbered
from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.problems import Identity
from orm_insight.model.hint import Hint
from orm_insight.ui.comparison import (
    Bars,
    ComparedHint,
    ComparedRow,
    ComparedSection,
    Figure,
    Reading,
)
from orm_insight.ui.contexts import Place
from orm_insight.ui.format import count, counted, cut, duration, fitting
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line

ROWS = 25
HINTS = 10
_LEAST_BAR = 0.01
_SECTIONS = (
    (Kind.APPEARED, "Appeared", "Only after."),
    (Kind.VANISHED, "Vanished", "Only before."),
    (Kind.GREW, "Grew", "More of them, or as many that took twice the time."),
    (Kind.SHRANK, "Shrank", "Fewer of them, or as many in half the time."),
    (Kind.CHANGED, "Changed", "Asked for at the same place in other words."),
)


def figures(compared: Comparison) -> Iterator[Figure]:
    yield _counted("Queries", compared.queries)
    yield _timed("In the database", compared.database_ms, ("less", "more"))
    yield _timed("Total time", compared.duration_ms, ("faster", "slower"))
    yield _counted("Hints", compared.hints)


def _counted(label: str, change: Change) -> Figure:
    size, more = count(abs(change.difference)), change.difference > 0
    word = f"{size} more" if more else f"{size} fewer" if change.difference else "as many"
    return _figure(label, change, (count(change.before), count(change.after)), word)


def _timed(label: str, change: Change, words: tuple[str, str]) -> Figure:
    texts = duration(change.before), duration(change.after)
    if not change.is_clear:
        return _figure(label, Change(0, 0), texts, "no clear difference")
    size, word = duration(abs(change.difference)), words[change.difference > 0]
    return _figure(label, change, texts, f"{size} {word}")


def _figure(label: str, change: Change, texts: tuple[str, str], difference: str) -> Figure:
    up, down = change.difference > 0, change.difference < 0
    return Figure(
        label=label,
        before=texts[0],
        after=texts[1],
        arrow="▲" if up else "▼" if down else "=",
        difference=difference,
        trend="worse" if up else "better" if down else "",
    )


class ComparedRows:
    """Rows of one comparison, each with the addresses of both traces."""

    def __init__(self, compared: Comparison, before: Links, after: Links) -> None:
        self.compared = compared
        self._links = before, after
        self._sources = Sources(compared.after.trace)
        pairs = compared.pairs
        self._largest_ms = max((max(pair.ms) for pair in pairs), default=0.0)
        self._has_aliases = len({pair.group.alias for pair in pairs}) > 1

    def sections(self) -> Iterator[ComparedSection]:
        """Those that there is something in."""
        for kind, title, note in _SECTIONS:
            if pairs := self.compared.of_kind(kind):
                yield self._section(str(kind), title, note, pairs)

    def unchanged(self) -> ComparedSection | None:
        pairs = self.compared.of_kind(Kind.SAME)
        note = "As many statements, and no clear difference in time."
        return self._section("same", "Unchanged", note, pairs) if pairs else None

    def _section(
        self, name: str, title: str, note: str, pairs: Sequence[GroupPair]
    ) -> ComparedSection:
        shown = pairs[: fitting(len(pairs), ROWS)]
        left = len(pairs) - len(shown)
        return ComparedSection(
            name=name,
            title=title,
            count=count(len(pairs)),
            note=note,
            rows=tuple(map(self._row, shown)),
            more=f"{counted(left, 'group')} more, with smaller differences." if left else "",
        )

    def _row(self, pair: GroupPair) -> ComparedRow:
        old, new = pair.before, pair.after
        place, before = self._place(new), self._place(old)
        has_moved = new is not None and old is not None and place != before
        return ComparedRow(
            place=place or before,
            place_before=before if has_moved else None,
            sql=_sql(pair.group),
            sql_before=_sql(old.group) if old and pair.kind is Kind.CHANGED else None,
            alias=pair.group.alias if self._has_aliases else None,
            before=_reading(old, self._links[0]),
            after=_reading(new, self._links[1]),
            bars=Bars(before=self._part(pair.ms.before), after=self._part(pair.ms.after)),
        )

    def _place(self, side: Numbered | None) -> Place | None:
        if side is None or side.group.site is None:
            return None
        return self._sources.place(side.group.site, with_excerpt=False)

    def _part(self, ms: float) -> float:
        """What took any time at all can be seen."""
        return max(ms / self._largest_ms, _LEAST_BAR) if ms and self._largest_ms else 0.0


def _sql(group: QueryGroup) -> Markup:
    return sql_line(group.queries[0].sql if group.queries else group.fingerprint)


def _reading(side: Numbered | None, links: Links) -> Reading | None:
    if side is None:
        return None
    return Reading(
        count=count(side.group.count),
        total=duration(side.group.total_ms),
        url=links.queries(group=side.number),
    )


def compared_hints(
    hints: Sequence[Hint], links: Links, sources: Sources
) -> tuple[ComparedHint, ...]:
    return tuple(_hint(hint, links, sources) for hint in hints[:HINTS])


def _hint(hint: Hint, links: Links, sources: Sources) -> ComparedHint:
    place = hint.origin or hint.site
    return ComparedHint(
        code=hint.code,
        title=cut(hint.title, 300),
        severity=str(hint.severity),
        place=sources.place(place, with_excerpt=False) if place else None,
        url=links.hint_page(Identity.of(hint).id) or "",
    )
