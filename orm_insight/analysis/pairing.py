"""Finds for each thing of before the same thing of after, by keys that grow less strict.

Pure and linear: each step sorts what the steps before it have left into buckets, once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

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
