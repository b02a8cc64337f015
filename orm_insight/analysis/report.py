"""A trace, understood: groups by call site and statement, and hints. Pure, and lazy.

Everything is computed when it is first read and kept; nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from orm_insight.analysis.detectors import detectors
from orm_insight.analysis.detectors.base import Context, Thresholds
from orm_insight.analysis.groups import QueryGroup, count_duplicates, group_queries
from orm_insight.analysis.patches.own_words import ReadText, Words, in_own_words, no_text
from orm_insight.analysis.serialization import report_to_dict
from orm_insight.analysis.silence import (
    IgnoreComment,
    Silence,
    SilencedHint,
    silence_hints,
    unused_comments,
)
from orm_insight.hints.catalogue import Needs, rule_of
from orm_insight.model.advice import Evidence
from orm_insight.model.hint import Hint
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query, Trace


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What there is to say about one trace.

    ``queries`` are in order of execution, ``groups`` largest total time first, ``hints``
    largest saving first and without the ``silenced`` ones. ``evidence`` are the measured plans of
    queries, by their index. ``read_text`` gives source files. Times are milliseconds.
    """

    trace: Trace
    schema: Schema
    thresholds: Thresholds
    silence: Silence = field(default_factory=Silence)
    evidence: Mapping[int, Evidence] = field(default_factory=dict)
    read_text: ReadText = no_text

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return tuple(self.trace.queries)

    @cached_property
    def groups(self) -> tuple[QueryGroup, ...]:
        return group_queries(self.queries, self.trace.overflow)

    @property
    def hints(self) -> tuple[Hint, ...]:
        return self._judged[0]

    @property
    def silenced(self) -> tuple[SilencedHint, ...]:
        """The hints that a comment or the settings silence."""
        return self._judged[1]

    @cached_property
    def unused_ignores(self) -> tuple[IgnoreComment, ...]:
        """Comments on lines of this trace that silenced nothing in it, malformed ones too."""
        return unused_comments(self.trace, self.queries, self.silenced, self.silence)

    @cached_property
    def _judged(self) -> tuple[tuple[Hint, ...], tuple[SilencedHint, ...]]:
        context = Context(
            trace=self.trace,
            queries=self.queries,
            groups=self.groups,
            schema=self.schema,
            thresholds=self.thresholds,
            evidence=self.evidence,
        )
        words = Words(read=self.read_text, schema=self.schema, queries=self.queries)
        found = [
            _worded(hint, words) for detector in detectors() for hint in detector.detect(context)
        ]
        ordered = _causes_first(sorted(found, key=_by_saving))
        return silence_hints(ordered, self.trace, self.silence)

    @property
    def query_count(self) -> int:
        """All statements of the trace, the dropped ones included."""
        return len(self.trace.queries) + self.trace.dropped

    @cached_property
    def query_ms(self) -> float:
        """Time in the database, the dropped statements included."""
        dropped = sum(entry.total_ms for entry in self.trace.overflow)
        return sum(query.duration_ms for query in self.queries) + dropped

    @property
    def share(self) -> float:
        """The part of the trace's time that was spent in the database, 0 to 1."""
        return min(self.query_ms / self.trace.duration_ms, 1.0) if self.trace.duration_ms else 0.0

    @cached_property
    def duplicates(self) -> int:
        """How many statements had been executed before with the same parameters."""
        return count_duplicates(self.queries)

    def __str__(self) -> str:
        """A summary for a terminal: the figures, then a line for each hint."""
        lines = [
            f"{self.trace.name}: {_counted(self.query_count, 'query', 'queries')}, "
            f"{self.query_ms:.1f} ms of {self.trace.duration_ms:.1f} ms in the database, "
            f"{_counted(len(self.hints), 'hint', 'hints')}"
            + (f", {len(self.silenced)} silenced" if self.silenced else "")
        ]
        for hint in self.hints:
            place = hint.origin.location if hint.origin else "unknown line"
            lines.append(f"{hint.code} {place}: {hint.fix or hint.title}")
        return "\n".join(lines)

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """JSON-native: ``{"version": 1, "trace": …, "groups": …, "hints": …, "queries": …}``."""
        return report_to_dict(self)


def analyze(
    trace: Trace,
    schema: Schema,
    thresholds: Thresholds | None = None,
    silence: Silence | None = None,
    evidence: Mapping[int, Evidence] | None = None,
    read_text: ReadText = no_text,
) -> Report:
    """Look at a trace; with other thresholds the same trace gives another report.

    ``evidence`` are the measured plans of queries, by their index; ``read_text`` gives the source
    that hints take expressions from.
    """
    return Report(
        trace=trace,
        schema=schema,
        thresholds=thresholds or Thresholds(),
        silence=silence or Silence(),
        evidence=evidence or {},
        read_text=read_text,
    )


def _worded(hint: Hint, words: Words) -> Hint:
    """Source may be anything: what cannot be read takes no hint away."""
    try:
        return in_own_words(hint, words)
    except Exception:
        return replace(hint, certain=False)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _by_saving(hint: Hint) -> tuple[int, float, str]:
    return (-hint.saving.queries, -hint.saving.ms, hint.code)


def _causes_first(hints: list[Hint]) -> list[Hint]:
    """What is known to be wrong with a statement, before what its plan suffers from by that."""
    causes = [hint for hint in hints if _is_cause(hint)]
    if not causes:
        return hints
    ordered: list[Hint] = []
    for hint in hints:
        rule = rule_of(hint.code)
        of_plan = rule is not None and rule.needs is Needs.PLAN
        ordered += [
            cause
            for cause in causes
            if of_plan and _is_new(cause, ordered) and _share_queries(cause, hint)
        ]
        if _is_new(hint, ordered):
            ordered.append(hint)
    return ordered


def _is_cause(hint: Hint) -> bool:
    """The statement itself tells why it takes long."""
    rule = rule_of(hint.code)
    return rule is not None and rule.is_of_time and hint.lookup is not None


def _is_new(hint: Hint, among: list[Hint]) -> bool:
    return all(hint is not other for other in among)


def _share_queries(one: Hint, other: Hint) -> bool:
    return not {q.index for q in one.queries}.isdisjoint(q.index for q in other.queries)
