"""Two reports beside each other: which statements and hints appeared, vanished, grew or shrank.

Pure. Statements over the limit of a trace count like all others; times of single runs are noisy,
so that a difference in time is only told where it is clear.
"""

from __future__ import annotations

from dataclasses import dataclass

from orm_insight.analysis.group_pairs import Change, GroupPair, Kind, pair_groups
from orm_insight.analysis.hint_pairs import pair_hints
from orm_insight.analysis.report import Report
from orm_insight.model.hint import Hint
from orm_insight.model.summary import endpoint_of


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
        return endpoint_of(self.before.trace) == endpoint_of(self.after.trace)

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
    """What is different in ``after``; linear in the number of queries."""
    hints = pair_hints(before, after)
    return Comparison(
        before=before,
        after=after,
        pairs=pair_groups(before.groups, after.groups),
        gone=hints.gone,
        new=hints.new,
        kept=hints.kept,
    )
