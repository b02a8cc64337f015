"""The pages of a comparison: figures, sections, rows, and a verdict in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.catalogue import rule_of
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.reports.comparison import Change, Comparison, GroupPair, Kind, Numbered
from orm_insight.reports.problems import Identity
from orm_insight.sql.fingerprint import summary
from orm_insight.ui.components import Choice, Place
from orm_insight.ui.format import count, counted, cut, display_path, duration, fitting, queries
from orm_insight.ui.links import Links
from orm_insight.ui.pages import Shell, TraceHeader
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line

# A comparison as figures, sections and rows.

ROWS = 25
HINTS = 10
_LEAST_BAR = 0.01
_SECTIONS = (
    (Kind.APPEARED, "Added", "Only in “After”."),
    (Kind.VANISHED, "Removed", "Only in “Before”."),
    (Kind.GREW, "Increased", "More queries, or the same number in at least twice the time."),
    (Kind.SHRANK, "Decreased", "Fewer queries, or the same number in at most half the time."),
    (Kind.CHANGED, "Changed", "Same call site, different SQL."),
)


def figures(compared: Comparison) -> Iterator[Figure]:
    yield _counted("Queries", compared.queries)
    yield _timed("In the database", compared.database_ms, ("less", "more"))
    yield _timed("Total time", compared.duration_ms, ("faster", "slower"))
    yield _counted("Hints", compared.hints)


def _counted(label: str, change: Change) -> Figure:
    size, more = count(abs(change.difference)), change.difference > 0
    word = f"{size} more" if more else f"{size} fewer" if change.difference else "unchanged"
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
        """Yield the sections that are not empty."""
        for kind, title, note in _SECTIONS:
            if pairs := self.compared.of_kind(kind):
                yield self._section(str(kind), title, note, pairs)

    def unchanged(self) -> ComparedSection | None:
        pairs = self.compared.of_kind(Kind.SAME)
        note = "The same number of queries, and no clear difference in time."
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
            bars=(self._part(pair.ms.before), self._part(pair.ms.after)),
        )

    def _place(self, side: Numbered | None) -> Place | None:
        if side is None or side.group.site is None:
            return None
        return self._sources.place(side.group.site, with_excerpt=False)

    def _part(self, ms: float) -> float:
        """Return the length of a bar; any time at all is visible."""
        return max(ms / self._largest_ms, _LEAST_BAR) if ms and self._largest_ms else 0.0


def _sql(group: QueryGroup) -> Markup:
    return sql_line(group.queries[0].sql if group.queries else group.fingerprint)


def _reading(side: Numbered | None, links: Links) -> Reading | None:
    if side is None:
        return None
    return Reading(group=side.group, url=links.queries(group=side.number))


def compared_hints(
    hints: Sequence[Hint], links: Links, sources: Sources
) -> tuple[ComparedHint, ...]:
    return tuple(_hint(hint, links, sources) for hint in hints[:HINTS])


def _hint(hint: Hint, links: Links, sources: Sources) -> ComparedHint:
    place = hint.origin or hint.site
    return ComparedHint(
        hint=hint,
        place=sources.place(place, with_excerpt=False) if place else None,
        url=links.hint_page(Identity.of(hint).id) or "",
    )


# The verdict: one sentence that claims no more than two runs can tell.
#
# Counts decide first. A difference in time is told where it is clear, and as one of these two runs.
# The cause is named in the words of the hint, else by the line.

_HARDLY = 0.1
_BECAME = {
    Kind.APPEARED: "added",
    Kind.VANISHED: "removed",
    Kind.GREW: "increased",
    Kind.SHRANK: "decreased",
    Kind.CHANGED: "changed",
}


def verdict(compared: Comparison) -> str:
    head, joint = _head(compared), _joint(compared)
    parts = [f"{head}{joint}{_times(compared)}", *_cause(compared)]
    sentence = "; ".join(parts)
    if compared.is_same_endpoint:
        return f"{sentence}."
    return f"Two different endpoints: {sentence[0].lower()}{sentence[1:]}."


def _head(compared: Comparison) -> str:
    before, after = compared.queries
    if before != after:
        more = "more" if after > before else "fewer"
        size = int(abs(after - before))
        difference = counted(size, f"{more} query", f"{more} queries")
        return f"{difference} ({count(before)} → {count(after)})"
    if not before:
        return "No queries in either trace"
    if compared.has_same_statements:
        return "The same queries"
    return f"The same number of queries ({count(before)}), but different ones"


def _joint(compared: Comparison) -> str:
    return ", " if compared.queries.difference else "; "


def _times(compared: Comparison) -> str:
    whole, database = compared.duration_ms, compared.database_ms
    if database.is_clear and not (whole.is_clear and compared.has_same_statements):
        inside = f"{_size(database)} {_less(database)} in the database"
        if whole.is_clear and (whole.difference > 0) != (database.difference > 0):
            inside = f"{inside}, but {_size(whole)} {_slower(whole)} in total,"
        return f"{inside} in these two runs"
    if whole.is_clear:
        return f"{_size(whole)} {_slower(whole)} in these two runs, {_part(whole, database)}"
    return "about as fast in these two runs"


def _part(whole: Change, database: Change) -> str:
    """How much of a difference in time the database accounts for."""
    share = database.difference / whole.difference
    if database.is_clear and share < 0:
        return f"although {_size(database)} {_less(database)} in the database"
    if not database.is_clear and share < _HARDLY:
        return "none of it in the database"
    if share > 1 - _HARDLY:
        return "all of it in the database"
    return f"{_size(database)} of it in the database"


def _size(change: Change) -> str:
    return duration(abs(change.difference))


def _less(change: Change) -> str:
    return "more" if change.difference > 0 else "less"


def _slower(change: Change) -> str:
    return "slower" if change.difference > 0 else "faster"


def _cause(compared: Comparison) -> Iterator[str]:
    """The hint that explains most of the difference; where none does, the line."""
    difference = compared.queries.difference
    if not difference and compared.has_same_statements:
        yield from _cause_of_time(compared)
        return
    pair = next((p for p in compared.pairs if p.count.difference * difference > 0), None)
    hint = next((h for h in _explaining(compared, difference) if h.saving.queries), None)
    if hint is not None and (pair is None or hint.saving.queries * 2 >= _queries_of(pair)):
        yield _said(compared, hint, difference)
    elif not difference:
        yield _turnover(compared)
    elif pair is not None:
        yield _at(pair, is_alone=_is_alone(compared, pair, difference))


def _explaining(compared: Comparison, difference: float) -> tuple[Hint, ...]:
    """Fewer queries come of hints that are gone, more of new ones."""
    if difference:
        return compared.new if difference > 0 else compared.gone
    return compared.gone or compared.new


def _said(compared: Comparison, hint: Hint, difference: float) -> str:
    if hint not in compared.gone:
        return _now(hint)
    worse = next((new for new in compared.new if new.saving.queries), None)
    return f"{_no_longer(hint)}, but {_now(worse)}" if worse else _no_longer(hint)


def _turnover(compared: Comparison) -> str:
    """As many queries, and other ones: how many groups it was that changed."""
    changed = [kind for kind in Kind if kind is not Kind.SAME and compared.of_kind(kind)]
    text = ", ".join(f"{len(compared.of_kind(kind)):,} {_BECAME[kind]}" for kind in changed)
    only = compared.of_kind(changed[0])
    site = only[0].group.site if len(changed) == len(only) == 1 else None
    return f"{text}, at {_place(site)}" if site else text


def _queries_of(pair: GroupPair) -> float:
    return abs(pair.count.difference)


def _is_alone(compared: Comparison, pair: GroupPair, difference: float) -> bool:
    others = (p for p in compared.pairs if p is not pair)
    return not any(p.count.difference * difference > 0 for p in others)


def _cause_of_time(compared: Comparison) -> Iterator[str]:
    change = compared.database_ms
    if not change.is_clear:
        return
    same_way = [pair for pair in compared.pairs if pair.ms.difference * change.difference > 0]
    largest = max(same_way, key=lambda pair: abs(pair.ms.difference), default=None)
    if largest is not None and largest.ms.is_clear and len(compared.pairs) > 1:
        yield _at(largest, is_alone=False)


def _at(pair: GroupPair, *, is_alone: bool) -> str:
    much = "all" if is_alone else "mostly"
    site = pair.group.site
    if site is None:
        return f"{much} of {cut(summary(pair.group.fingerprint), 80)}"
    return f"{much} at {_place(site)}"


def _place(site: CallSite) -> str:
    where = f"{display_path(site.file)}:{site.line}"
    if not site.function:
        return where
    name = cut(site.function, 80)
    return f"{where} ({name})" if site.is_template else f"{where} in {name}"


def _no_longer(hint: Hint) -> str:
    return _state(hint, "no longer") or f"“{_title(hint)}” is gone"


def _now(hint: Hint) -> str:
    return _state(hint, "now") or f"new: “{_title(hint)}”"


def _state(hint: Hint, when: str) -> str:
    """The rule's sentence on this hint, with ``when`` after its verb; empty where it has none."""
    rule = rule_of(hint.code)
    if rule is None or rule.state is None:
        return ""
    statement = summary(hint.queries[0].sql) if hint.queries else ""
    known = {"lookup": hint.lookup, "model": hint.model, "statement": statement}
    subject = rule.state.subject.format_map({name: text or "" for name, text in known.items()})
    return f"{cut(subject, 120)} {rule.state.verb} {when} {rule.state.words}" if subject else ""


def _title(hint: Hint) -> str:
    return cut(hint.title, 120)


def differences(compared: Comparison) -> Iterator[str]:
    """Yield notices that limit what the figures mean."""
    before, after = compared.before.trace, compared.after.trace
    if before.started_at > after.started_at:
        yield "“Before” is the newer trace: swap the two to see what has changed since."
    if (before.status, before.error) != (after.status, after.error):
        yield (
            f"They ended differently: {_end(before.status, before.error)} and "
            f"{_end(after.status, after.error)}. A request that ends early runs fewer queries."
        )
    if before.is_deep != after.is_deep:
        yield (
            "Only one of them is a deep recording, which takes extra time; hints that need one "
            "are not compared."
        )
    for name, trace in (("Before", before), ("After", after)):
        if trace.dropped:
            yield (
                f"{name}: {queries(trace.dropped)} above the limit per trace: included in counts "
                "and sums, but not kept individually."
            )


def _end(status: int | None, error: str | None) -> str:
    return str(status) if status is not None else "failed" if error else "no failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number before and after. ``trend`` is ``better``, ``worse`` or empty; ``arrow`` tells up
    from down where colours cannot be told apart."""

    label: str
    before: str
    after: str
    arrow: str
    difference: str
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The figures of one group in one of the traces; ``url`` leads to its queries there."""

    group: QueryGroup
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """The same statements before and after; ``place`` is where they are now.

    ``place_before`` is there where the line was another one, ``sql_before`` where the statement
    was.
    """

    place: Place | None
    place_before: Place | None
    sql: Markup
    sql_before: Markup | None
    alias: str | None
    before: Reading | None
    after: Reading | None
    bars: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSection:
    """Groups with the same kind of change; ``more`` says how many are not shown."""

    name: str
    title: str
    count: str
    note: str
    rows: tuple[ComparedRow, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedHint:
    """A hint that is gone or new; ``url`` leads to its page in the trace that has it."""

    hint: Hint
    place: Place | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceForm:
    """Another trace to compare ``after`` with; ``note`` says how many of them are offered."""

    url: str
    after: str
    choices: tuple[Choice, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    template: ClassVar[str] = "pages/compare.jinja"
    shell: Shell
    before: TraceHeader
    after: TraceHeader
    verdict: str
    notices: tuple[str, ...]
    figures: tuple[Figure, ...]
    gone: tuple[ComparedHint, ...]
    new: tuple[ComparedHint, ...]
    more_hints: str
    sections: tuple[ComparedSection, ...]
    unchanged: ComparedSection | None
    form: ChoiceForm
    swap_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonChoicePage:
    """One trace, and what it can be compared with; ``advice`` says what to do where nothing is."""

    template: ClassVar[str] = "pages/compare_choice.jinja"
    shell: Shell
    trace: TraceHeader
    title: str
    message: str
    advice: str
    form: ChoiceForm | None
