"""Folds the statements of a trace into blocks: what a loop has executed stands once.

A block is a run of queries that follow one another. First a statement that is repeated becomes
one, then sequences of different statements that come again: a loop that asks four questions in
each of its fifty rounds is one block. Rounds need not be equal: a statement may come more often
in one than in another, or be missing. Loops in loops are folded from the inside.

The time is linear in the number of queries. Nothing here looks at when they ran, so that queries
at the same time are folded in the order in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.trace import Query

PERIOD = 12
"""A round has at most as many statements; what is repeated in it counts once."""

# Short loops are folded first: they may be parts of the rounds of long ones. A short loop must be
# beyond doubt, or rounds of the outer loop would be torn apart.
_PASSES = ((3, True), (6, True), (PERIOD, False), (PERIOD, False))
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The part of one statement in a block. ``group`` is its place among the trace's groups."""

    group: int
    count: int
    total_ms: float
    first: int
    slowest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Queries ``first`` to ``last``, of which ``members`` are the different statements.

    They came in ``rounds``; a statement alone is a round each time. ``total_ms`` is the time in
    the database, less than that between start and end where the application was at work.
    """

    first: int
    last: int
    rounds: int
    members: tuple[Member, ...]
    started_ms: float
    ended_ms: float
    total_ms: float

    @property
    def count(self) -> int:
        return self.last - self.first + 1


_Item: TypeAlias = tuple[int, int, int, int]
"""Symbol, first query, last query (included), number of rounds."""


class _Alphabet:
    """A symbol for each set of statements; that of a single one is the number of its group."""

    __slots__ = ("_symbols", "sets")

    def __init__(self, groups: int) -> None:
        self.sets = [frozenset((number,)) for number in range(groups)]
        self._symbols = {kinds: number for number, kinds in enumerate(self.sets)}

    def symbol(self, kinds: frozenset[int]) -> int:
        if kinds not in self._symbols:
            self._symbols[kinds] = len(self.sets)
            self.sets.append(kinds)
        return self._symbols[kinds]

    def kinds_of(self, symbols: Iterable[int]) -> frozenset[int]:
        return frozenset().union(*[self.sets[symbol] for symbol in symbols])


def fold(queries: Sequence[Query], groups: Sequence[QueryGroup]) -> tuple[Block, ...]:
    """The queries of a trace as blocks, in their order; each query is in one of them."""
    numbers = _group_numbers(groups)
    kinds = [numbers[query.index] for query in queries]
    alphabet = _Alphabet(len(groups))
    items = list(_runs(kinds))
    for period, is_strict in _PASSES:
        if len({item[0] for item in items}) == len(items):
            break
        items = _Folding(items, alphabet, period, is_strict=is_strict).folded()
    return tuple(
        _block(queries[first : last + 1], kinds[first : last + 1], first, rounds)
        if first < last
        else _alone(queries[first], kinds[first], first)
        for _, first, last, rounds in items
    )


def _group_numbers(groups: Sequence[QueryGroup]) -> dict[int, int]:
    """The number of its group by the index of a query."""
    return {query.index: number for number, group in enumerate(groups) for query in group.queries}


def _runs(kinds: list[int]) -> Iterator[_Item]:
    at = 0
    for kind, run in groupby(kinds):
        count = len(list(run))
        yield kind, at, at + count - 1, count
        at += count


class _Folding:
    """One pass over items that makes one of those that come again within a ``period``.

    A strict one wants three rounds at least, all of the same statements.
    """

    def __init__(
        self, items: list[_Item], alphabet: _Alphabet, period: int, *, is_strict: bool
    ) -> None:
        self._is_strict = is_strict
        self._items = items
        self._period = period
        self._alphabet = alphabet
        self._symbols = [item[0] for item in items]
        self._following = _following(self._symbols)

    def folded(self) -> list[_Item]:
        folded: list[_Item] = []
        at = 0
        while at < len(self._items):
            is_near = self._following[at] - at <= self._period
            ends = self._rounds(at) if is_near else None
            folded.append(self._joined(at, ends) if ends else self._items[at])
            at = ends[-1] if ends else at + 1
        return folded

    def _rounds(self, at: int) -> list[int] | None:
        """The ends of the rounds of a loop that begins at ``at``; ``None`` if none does.

        Each round begins with the same item as the first, and has nothing that the first two lack.
        Looking at a sequence that is no loop costs no more than these two.
        """
        first = core = self._kinds(at, self._following[at])
        ends = [self._following[at]]
        begin, is_equal = ends[0], True
        while begin < len(self._symbols) and self._symbols[begin] == self._symbols[at]:
            end = self._following[begin]
            kinds = self._kinds(begin, end) if end - begin <= self._period else frozenset()
            if len(ends) == 1 and self._belongs(kinds, first):
                core, is_equal = first | kinds, kinds == first
            elif not (kinds <= core and self._belongs(kinds, core)):
                end = self._end_of_known(begin, core)
                if self._kinds(begin, end) == core:
                    ends.append(end)
                break
            ends.append(end)
            begin = end
        is_loop = len(ends) > 2 or (len(ends) == 2 and is_equal and not self._is_strict)
        return ends if is_loop else None

    def _belongs(self, kinds: frozenset[int], others: frozenset[int]) -> bool:
        """Return whether a round is like others: at least half of their statements are in both."""
        if self._is_strict:
            return kinds == others
        return 2 * len(kinds & others) >= len(kinds | others)

    def _end_of_known(self, begin: int, core: frozenset[int]) -> int:
        """The end of the last round, which goes on while the rounds before have its statements."""
        end, limit = begin + 1, min(begin + self._period, len(self._symbols))
        while end < limit and self._kinds(end, end + 1) <= core:
            end += 1
        return end

    def _kinds(self, begin: int, end: int) -> frozenset[int]:
        return self._alphabet.kinds_of(self._symbols[begin:end])

    def _joined(self, at: int, ends: list[int]) -> _Item:
        symbol = self._alphabet.symbol(self._kinds(at, ends[-1]))
        return symbol, self._items[at][1], self._items[ends[-1] - 1][2], len(ends)


def _following(symbols: list[int]) -> list[int]:
    """The place at which each symbol comes next."""
    nearest: dict[int, int] = {}
    following = [_NEVER] * len(symbols)
    for at in range(len(symbols) - 1, -1, -1):
        following[at] = nearest.get(symbols[at], _NEVER)
        nearest[symbols[at]] = at
    return following


def _alone(query: Query, kind: int, index: int) -> Block:
    """As a block, and without the detours: there may be ten thousand of them."""
    ms = query.duration_ms
    return Block(
        first=index,
        last=index,
        rounds=1,
        members=(Member(group=kind, count=1, total_ms=ms, first=index, slowest=index),),
        started_ms=query.started_ms,
        ended_ms=query.started_ms + ms,
        total_ms=ms,
    )


def _block(queries: Sequence[Query], kinds: Sequence[int], first: int, rounds: int) -> Block:
    return Block(
        first=first,
        last=first + len(queries) - 1,
        rounds=rounds,
        members=_members(queries, kinds, first),
        started_ms=min([query.started_ms for query in queries]),
        ended_ms=max([query.started_ms + query.duration_ms for query in queries]),
        total_ms=sum([query.duration_ms for query in queries]),
    )


def _members(queries: Sequence[Query], kinds: Sequence[int], first: int) -> tuple[Member, ...]:
    """One for each statement, in the order in which they came first."""
    positions: dict[int, list[int]] = {}
    for position, kind in enumerate(kinds):
        positions.setdefault(kind, []).append(position)
    return tuple(
        Member(
            group=kind,
            count=len(found),
            total_ms=sum([queries[position].duration_ms for position in found]),
            first=first + found[0],
            slowest=first + max(found, key=lambda position: queries[position].duration_ms),
        )
        for kind, found in positions.items()
    )
