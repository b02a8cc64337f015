"""The groups of two reports side by side: which statement of before is which of after.

The code between them may have changed, so that a statement is recognised by more than its line.
Pure and linear.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.origins import origin_of
from orm_insight.analysis.pairing import Rule, Step, pair_up
from orm_insight.analysis.problems import Spot
from orm_insight.model.trace import CallSite
from orm_insight.sql.fingerprint import tables
from orm_insight.sql.statement import verb

CLEAR_MS = 1.0
CLEAR_SHARE = 1.0
"""A difference in time is news where it is larger than both, the share being of the smaller: two
runs of the same code differ by a half and more, and seldom by twice."""


class Kind(StrEnum):
    """What became of a group of statements."""

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
        """Whether a difference in milliseconds is more than noise."""
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
    """What belongs together, the largest difference first, in queries, then in time."""
    olds, news = _in_order_of_lines(before), _in_order_of_lines(after)
    pairs = [
        _pair(None if old is None else olds[old], None if new is None else news[new])
        for old, new in pair_up(olds, news, _STEPS)
    ]
    return tuple(sorted(pairs, key=_largest_first))


def _largest_first(pair: GroupPair) -> tuple[float, float, float]:
    """What is the same comes with the largest time first."""
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
    """What is asked of the same table in the same way at the same place, in whatever words."""
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


_STEPS: tuple[Step[Numbered], ...] = (
    Step(key=_in_function, rule=Rule.EQUAL),
    Step(key=_on_line, rule=Rule.ANY),
    Step(key=_in_function_as_often, rule=Rule.ANY),
    Step(key=_in_function, rule=Rule.ANY),
    Step(key=_in_file, rule=Rule.ONE),
    Step(key=_anywhere, rule=Rule.ONE),
    Step(key=_for_the_same, rule=Rule.ONE),
)
