"""A trace, understood: groups by call site and statement, and hints. Pure, and lazy.

Everything is computed when it is first read and kept; nothing here does I/O.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orm_insight.analysis.groups import QueryGroup, count_duplicates, group_queries
from orm_insight.analysis.origins import origin_of
from orm_insight.hints.base import Context, Thresholds
from orm_insight.hints.patching.expressions import ReadText, Words, in_own_words, no_text
from orm_insight.hints.rules import detectors
from orm_insight.model.catalogue import Needs, rule_of
from orm_insight.model.fix import Need
from orm_insight.model.frames import CallSite, Frame
from orm_insight.model.hint import Hint
from orm_insight.model.plan import Evidence
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query, Trace
from orm_insight.reports.silence import (
    IgnoreComment,
    Silence,
    SilencedHint,
    silence_hints,
    unused_comments,
)

if TYPE_CHECKING:
    from orm_insight.analysis.groups import QueryGroup
    from orm_insight.reports.silence import IgnoreComment, SilencedHint


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """The findings about one trace.

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
            + (f", {len(self.silenced)} ignored" if self.silenced else "")
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
        hint = in_own_words(hint, words)
    except Exception:
        fix = hint.change.given(Need.SOURCE_IS_READ, is_known=False)
        hint = replace(hint, change=fix)
    return replace(hint, message=" ".join((hint.message, *hint.change.notes)))


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _by_saving(hint: Hint) -> tuple[int, float, str]:
    return (-hint.saving.queries, -hint.saving.ms, hint.code)


def _causes_first(hints: list[Hint]) -> list[Hint]:
    """Put the cause in a statement before the hints on a plan that suffers from it."""
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


# -- as JSON-native values ------------------------------------------------------------------------

VERSION = 1


def report_to_dict(report: Report) -> dict[str, Any]:
    """Frames are listed once and stacks refer to them by number, so that loops stay small."""
    stacks = _Stacks()
    queries = [_query(query, stacks) for query in report.queries]
    return {
        "version": VERSION,
        "trace": _trace(report.trace),
        "summary": {
            "queries": report.query_count,
            "query_ms": report.query_ms,
            "share": report.share,
            "duplicates": report.duplicates,
            "hints": len(report.hints),
            "silenced": len(report.silenced),
        },
        "hints": [_hint(hint) for hint in report.hints],
        "silenced": [_silenced(entry) for entry in report.silenced],
        "unused_ignores": [_comment(comment) for comment in report.unused_ignores],
        "groups": [_group(group) for group in report.groups],
        "queries": queries,
        "stacks": stacks.numbered,
        "frames": stacks.frames,
    }


class _Stacks:
    """Each frame and each stack once, in the order met."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.numbered: list[list[int]] = []
        self._frame_numbers: dict[int, int] = {}
        self._stack_numbers: dict[int, int] = {}

    def number(self, frames: tuple[Frame, ...]) -> int:
        # By identity: the frames are shared within a trace, and hashing a stack takes long.
        number = self._stack_numbers.get(id(frames))
        if number is None:
            number = self._stack_numbers[id(frames)] = len(self.numbered)
            self.numbered.append([self._frame_number(frame) for frame in frames])
        return number

    def _frame_number(self, frame: Frame) -> int:
        number = self._frame_numbers.get(id(frame))
        if number is None:
            number = self._frame_numbers[id(frame)] = len(self.frames)
            self.frames.append(asdict(frame))
        return number


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "id": trace.id,
        "kind": trace.kind,
        "deep": trace.is_deep,
        "name": trace.name,
        "started_at": trace.started_at.isoformat(),
        "duration_ms": trace.duration_ms,
        "status": trace.status,
        "dropped": trace.dropped,
        "method": trace.method,
        "path": trace.path,
        "view": trace.view,
        "url_name": trace.url_name,
        "error": trace.error,
        "tags": dict(trace.tags),
        "transactions": [asdict(transaction) for transaction in trace.transactions],
    }


def _query(query: Query, stacks: _Stacks) -> dict[str, Any]:
    return {
        "index": query.index,
        "sql": query.sql,
        "params": json_value(query.params),
        "alias": query.alias,
        "vendor": query.vendor,
        "started_ms": query.started_ms,
        "duration_ms": query.duration_ms,
        "rows": query.rows,
        "error": query.error,
        "in_transaction": query.in_transaction,
        "batch_size": query.batch_size,
        "kind": str(origin_of(query)),
        "model": query.construction.model if query.construction else None,
        "site": _site(query.site),
        "origin": _site(query.origin),
        "stack": stacks.number(query.frames),
    }


def _group(group: QueryGroup) -> dict[str, Any]:
    return {
        "site": _site(group.site),
        "fingerprint": group.fingerprint,
        "alias": group.alias,
        "count": group.count,
        "total_ms": group.total_ms,
        "duplicates": group.duplicates,
        "queries": [query.index for query in group.queries],
    }


def hint_to_dict(hint: Hint) -> dict[str, Any]:
    """All that does not depend on a trace: neither its queries nor what is saved in it."""
    return {
        "code": hint.code,
        "title": hint.title,
        "message": hint.message,
        "severity": str(hint.severity),
        "model": hint.model,
        "lookup": hint.lookup,
        "fix": hint.fix,
        "site": _site(hint.site),
        "sites": [_site(site) for site in hint.sites],
        "origin": _site(hint.origin),
        "certain": hint.certain,
        "docs": hint.docs,
        "imports": list(hint.imports),
        "instead": hint.instead,
        "replaces": hint.replaces,
        "model_site": _site(hint.model_site),
    }


def _hint(hint: Hint) -> dict[str, Any]:
    return {
        **hint_to_dict(hint),
        "queries": [query.index for query in hint.queries],
        "saving": {"queries": hint.saving.queries, "ms": hint.saving.ms},
    }


def _silenced(entry: SilencedHint) -> dict[str, Any]:
    return {
        "hint": _hint(entry.hint),
        "comments": [_comment(comment) for comment in entry.comments],
        "pattern": entry.pattern,
    }


def _comment(comment: IgnoreComment) -> dict[str, Any]:
    return {"file": comment.file, "line": comment.line, "codes": list(comment.codes)}


def _site(site: CallSite | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {
        "file": site.file,
        "line": site.line,
        "column": site.column,
        "function": site.function,
        "is_template": site.is_template,
    }


def json_value(value: Any) -> Any:
    """A parameter as JSON: bytes as base64, what JSON has no word for as its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, (Decimal, UUID, timedelta)):
        return str(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: {error}>"
