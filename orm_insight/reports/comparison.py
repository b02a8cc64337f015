"""Two reports side by side: which statements and hints appeared, vanished, grew or shrank.

Pure. Statements over the limit of a trace count like all others; times of single runs are noisy,
so that a difference in time is only told where it is clear.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.origins import origin_of
from orm_insight.model.catalogue import Needs, rule_of
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.reports.problems import Identity, Spot
from orm_insight.reports.report import Report
from orm_insight.sql.fingerprint import tables
from orm_insight.sql.statement import verb

# -- pairs by keys that grow less strict ----------------------------------------------------------

T = TypeVar("T")
Pair: TypeAlias = tuple[int | None, int | None]
"""Positions before and after; ``None`` where there is no such thing."""

_Bucket: TypeAlias = tuple[list[int], list[int]]


class Rule(Enum):
    """Which things with an equal key belong together; the order is the one they are given in."""

    ONE = "one"
    """Only where there is one on either side: everything else would be a guess."""
    EQUAL = "equal"
    """Only where there are as many on both sides: the first with the first, and so on."""
    ANY = "any"
    """As many as there are; the surplus is left over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[T]):
    """``key`` is ``None`` for what this step does not judge."""

    key: Callable[[T], Hashable | None]
    rule: Rule


def pair_up(before: Sequence[T], after: Sequence[T], steps: Sequence[Step[T]]) -> list[Pair]:
    """The pairs in the order found, then what has vanished, then what has appeared."""
    left, right = list(range(len(before))), list(range(len(after)))
    pairs: list[Pair] = []
    for step in steps:
        if not left or not right:
            break
        found = _matches(before, after, left, right, step)
        pairs.extend(found)
        old, new = {pair[0] for pair in found}, {pair[1] for pair in found}
        left = [position for position in left if position not in old]
        right = [position for position in right if position not in new]
    return [*pairs, *((position, None) for position in left), *((None, p) for p in right)]


def _matches(
    before: Sequence[T], after: Sequence[T], left: list[int], right: list[int], step: Step[T]
) -> list[Pair]:
    buckets: dict[Hashable, _Bucket] = {}
    for position in left:
        if (key := step.key(before[position])) is not None:
            buckets.setdefault(key, ([], []))[0].append(position)
    for position in right:
        if (key := step.key(after[position])) is not None and key in buckets:
            buckets[key][1].append(position)
    return [
        (old, new)
        for olds, news in buckets.values()
        if _holds(step.rule, len(olds), len(news))
        for old, new in zip(olds, news, strict=False)
    ]


def _holds(rule: Rule, olds: int, news: int) -> bool:
    if rule is Rule.ONE:
        return olds == news == 1
    return rule is Rule.ANY or olds == news


# -- groups: code may have changed, so a line alone is not enough ---------------------------------

CLEAR_MS = 1.0
CLEAR_SHARE = 1.0
"""A difference in time is news where it is larger than both, the share being of the smaller: two
runs of the same code differ by a half and more, and seldom by twice."""


class Kind(StrEnum):
    """The fate of a group of statements."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    GREW = "grew"
    SHRANK = "shrank"
    CHANGED = "changed"
    """Another statement for the same purpose on the same line: with a join, say."""
    SAME = "same"


class Change(NamedTuple):
    """A figure before and after."""

    before: float
    after: float

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def is_clear(self) -> bool:
        """Return whether a difference in milliseconds is more than noise."""
        size = abs(self.difference)
        return size > CLEAR_MS and size > CLEAR_SHARE * min(self.before, self.after)


class Numbered(NamedTuple):
    """A group with its place in the report, from 0."""

    number: int
    group: QueryGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPair:
    """The same statements before and after; one is ``None`` where they appeared or vanished."""

    kind: Kind
    before: Numbered | None
    after: Numbered | None

    @property
    def count(self) -> Change:
        return Change(
            self.before.group.count if self.before else 0,
            self.after.group.count if self.after else 0,
        )

    @property
    def ms(self) -> Change:
        return Change(
            self.before.group.total_ms if self.before else 0.0,
            self.after.group.total_ms if self.after else 0.0,
        )

    @property
    def group(self) -> QueryGroup:
        """As it is now; of what has vanished, as it was."""
        side = self.after or self.before
        assert side is not None  # a pair of nothing is never made
        return side.group


def pair_groups(before: Sequence[QueryGroup], after: Sequence[QueryGroup]) -> tuple[GroupPair, ...]:
    """The groups in pairs, the largest difference first, in queries, then in time."""
    olds, news = _in_order_of_lines(before), _in_order_of_lines(after)
    pairs = [
        _pair(None if old is None else olds[old], None if new is None else news[new])
        for old, new in pair_up(olds, news, _GROUP_STEPS)
    ]
    return tuple(sorted(pairs, key=_largest_first))


def _largest_first(pair: GroupPair) -> tuple[float, float, float]:
    """Equal groups come with the largest time first."""
    return -abs(pair.count.difference), -abs(pair.ms.difference), -pair.ms.after


def _in_order_of_lines(groups: Sequence[QueryGroup]) -> list[Numbered]:
    """An edit moves lines and seldom changes their order."""
    numbered = [Numbered(number, group) for number, group in enumerate(groups)]
    return sorted(numbered, key=lambda each: _position(each.group.site))


def _position(site: CallSite | None) -> tuple[int, int]:
    return (0, 0) if site is None else (site.line, site.column or 0)


def _pair(before: Numbered | None, after: Numbered | None) -> GroupPair:
    return GroupPair(kind=_kind(before, after), before=before, after=after)


def _kind(before: Numbered | None, after: Numbered | None) -> Kind:
    if before is None:
        return Kind.APPEARED
    if after is None:
        return Kind.VANISHED
    old, new = before.group, after.group
    if old.fingerprint != new.fingerprint:
        return Kind.CHANGED
    ms = Change(old.total_ms, new.total_ms)
    more = (new.count - old.count) or (ms.difference if ms.is_clear else 0)
    return Kind.GREW if more > 0 else Kind.SHRANK if more < 0 else Kind.SAME


# A line inserted above moves each line to where the next one was: equal lines alone would confuse
# the same statement issued on two of them. So as many in one function are taken in their order.
def _in_function(each: Numbered) -> Hashable:
    group = each.group
    return function_of(group.site), group.fingerprint, group.alias


def _on_line(each: Numbered) -> Hashable:
    return Spot.of(each.group.site), each.group.fingerprint, each.group.alias


def _in_function_as_often(each: Numbered) -> Hashable:
    return _in_function(each), each.group.count


def _in_file(each: Numbered) -> Hashable:
    group = each.group
    return group.site and group.site.file, group.fingerprint, group.alias


def _anywhere(each: Numbered) -> Hashable:
    return each.group.fingerprint, each.group.alias


def _for_the_same(each: Numbered) -> Hashable | None:
    """The table, the operation and the place, whatever the words of the statement."""
    group = each.group
    if group.site is None or not group.queries:
        return None
    named = tables(group.fingerprint)
    asked = origin_of(group.queries[0])
    where = function_of(group.site), group.alias
    return (where, verb(group.fingerprint), named[0], asked) if named else None


def function_of(site: CallSite | None) -> tuple[str, str] | None:
    """In a template the "function" is the expression."""
    return None if site is None else (site.file, site.function)


_GROUP_STEPS: tuple[Step[Numbered], ...] = (
    Step(key=_in_function, rule=Rule.EQUAL),
    Step(key=_on_line, rule=Rule.ANY),
    Step(key=_in_function_as_often, rule=Rule.ANY),
    Step(key=_in_function, rule=Rule.ANY),
    Step(key=_in_file, rule=Rule.ONE),
    Step(key=_anywhere, rule=Rule.ONE),
    Step(key=_for_the_same, rule=Rule.ONE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``pairs`` come with the largest difference first, in queries, then in time.

    ``gone`` and ``new`` are hints of before and of after, ``kept`` those of after that were there
    before; what only one of the reports could have found is in none of them.
    """

    before: Report
    after: Report
    pairs: tuple[GroupPair, ...]
    gone: tuple[Hint, ...]
    new: tuple[Hint, ...]
    kept: tuple[Hint, ...]

    @property
    def is_same_endpoint(self) -> bool:
        return self.before.trace.endpoint == self.after.trace.endpoint

    @property
    def queries(self) -> Change:
        return Change(self.before.query_count, self.after.query_count)

    @property
    def database_ms(self) -> Change:
        return Change(self.before.query_ms, self.after.query_ms)

    @property
    def duration_ms(self) -> Change:
        return Change(self.before.trace.duration_ms, self.after.trace.duration_ms)

    @property
    def hints(self) -> Change:
        return Change(len(self.before.hints), len(self.after.hints))

    @property
    def has_same_statements(self) -> bool:
        """As many of each, whatever time they took."""
        return all(
            pair.kind is not Kind.CHANGED and not pair.count.difference for pair in self.pairs
        )

    def of_kind(self, kind: Kind) -> tuple[GroupPair, ...]:
        return tuple(pair for pair in self.pairs if pair.kind is kind)


def compare(before: Report, after: Report) -> Comparison:
    """The differences of ``after``; linear in the number of queries."""
    hints = pair_hints(before, after)
    return Comparison(
        before=before,
        after=after,
        pairs=pair_groups(before.groups, after.groups),
        gone=hints.gone,
        new=hints.new,
        kept=hints.kept,
    )


# -- hints: gone, new, still there ----------------------------------------------------------------


class HintChanges(NamedTuple):
    """Hints of before that are gone, and of after that are new or were there before."""

    gone: tuple[Hint, ...]
    new: tuple[Hint, ...]
    kept: tuple[Hint, ...]


class _Known(NamedTuple):
    """A hint with what it is recognised by; silenced ones are known too, and never told."""

    hint: Hint
    identity: Identity
    is_silenced: bool


def pair_hints(before: Report, after: Report) -> HintChanges:
    olds, news = _known(before, beside=after), _known(after, beside=before)
    gone, new, kept = [], [], []
    for old, now in pair_up(olds, news, _HINT_STEPS):
        if old is not None and now is not None:
            if not (olds[old].is_silenced or news[now].is_silenced):
                kept.append(news[now].hint)
        elif old is not None and not olds[old].is_silenced:
            gone.append(olds[old].hint)
        elif now is not None and not news[now].is_silenced:
            new.append(news[now].hint)
    return HintChanges(_by_saving(gone), _by_saving(new), _by_saving(kept))


def _by_saving(hints: list[Hint]) -> tuple[Hint, ...]:
    return tuple(sorted(hints, key=lambda hint: (-hint.saving.queries, -hint.saving.ms, hint.code)))


def _known(report: Report, *, beside: Report) -> list[_Known]:
    """The hints that the other report could also have."""
    both_deep = report.trace.is_deep and beside.trace.is_deep
    shared = {Needs.TRACE, Needs.DEEP_RECORDING} if both_deep else {Needs.TRACE}
    shown = [_Known(hint, Identity.of(hint), is_silenced=False) for hint in report.hints]
    silenced = [_Known(s.hint, Identity.of(s.hint), is_silenced=True) for s in report.silenced]
    return [each for each in (*shown, *silenced) if _needs(each.hint) in shared]


def _needs(hint: Hint) -> Needs:
    rule = rule_of(hint.code)
    return Needs.TRACE if rule is None else rule.needs


def _by_identity(each: _Known) -> Hashable:
    return each.identity


def _by_function(each: _Known) -> Hashable:
    site, origin = function_of(each.hint.site), function_of(each.hint.origin)
    return each.identity._replace(site=None, origin=None), site, origin


def _by_file(each: _Known) -> Hashable:
    files = [site and site.file for site in (each.hint.site, each.hint.origin)]
    return each.identity._replace(site=None, origin=None), *files


def _by_subject(each: _Known) -> Hashable | None:
    """Wherever it is; not of hints that say little but the model."""
    identity = each.identity
    if identity.lookup is None and identity.statement is None:
        return None
    return identity._replace(site=None, origin=None)


_HINT_STEPS: tuple[Step[_Known], ...] = (
    Step(key=_by_identity, rule=Rule.ANY),
    Step(key=_by_function, rule=Rule.ANY),
    Step(key=_by_file, rule=Rule.ONE),
    Step(key=_by_subject, rule=Rule.ONE),
)
