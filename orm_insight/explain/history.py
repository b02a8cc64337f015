"""Plans that were made in this process, kept so that the next one can be compared with them.

A statement is known by its database and its fingerprint, so a plan is found again from another
trace, after a reload, next to the plan of the same statement with a new index. Measured plans and
those that were only planned are kept apart: neither pushes out the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import NamedTuple, TypeAlias

from orm_insight.explain.base import Explanation
from orm_insight.model.plan import Evidence, Plan
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import fingerprint

Statement: TypeAlias = tuple[str, str]

PER_STATEMENT = 3
MAX_STATEMENTS = 50
MAX_BYTES = 8 * 2**20
"""The limit for each of the two kinds, measured and planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptExplanation:
    """An explanation, when it was made, and of which trace."""

    explanation: Explanation
    at: datetime
    trace_id: str = ""

    @property
    def query(self) -> Query:
        return self.explanation.query


class _Entry(NamedTuple):
    kept: KeptExplanation
    statement: Statement
    shape: tuple[object, ...]
    size: int


_Shelf: TypeAlias = tuple[_Entry, ...]


class Explanations:
    """The keeper: bounded by plans of a statement, by statements and by bytes, of each kind.

    Writers take turns and swap a whole tuple, so that readers need no lock.
    """

    def __init__(
        self,
        *,
        per_statement: int = PER_STATEMENT,
        max_statements: int = MAX_STATEMENTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._limits = (per_statement, max_statements, max_bytes)
        self._shelves: dict[bool, _Shelf] = {}
        self._lock = Lock()

    def keep(self, kept: KeptExplanation) -> None:
        """Put a plan first; explanations without a plan are not kept."""
        explanation = kept.explanation
        if explanation.plan is None:
            return
        entry = _Entry(kept, statement_of(kept.query), _shape(explanation.plan), _size(explanation))
        shelf = explanation.analyzed
        with self._lock:
            self._shelves[shelf] = self._fitting((entry, *self._shelves.get(shelf, ())))

    def of(self, query: Query) -> tuple[KeptExplanation, ...]:
        """The plans of the same statement, newest first."""
        statement = statement_of(query)
        return self._chosen(lambda entry: entry.statement == statement)

    def of_trace(self, trace_id: str) -> tuple[KeptExplanation, ...]:
        """The plans that were made of queries of this trace, newest first."""
        return self._chosen(lambda entry: entry.kept.trace_id == trace_id)

    def evidence_of(self, trace_id: str) -> dict[int, Evidence]:
        """The newest measured plan of each query of the trace that has one."""
        found: dict[int, Evidence] = {}
        for kept in self.of_trace(trace_id):
            explanation = kept.explanation
            if explanation.analyzed and explanation.plan is not None:
                evidence = Evidence(plan=explanation.plan, advice=explanation.advice)
                found.setdefault(kept.query.index, evidence)
        return found

    def clear(self) -> None:
        with self._lock:
            self._shelves = {}

    def _chosen(self, is_chosen: Callable[[_Entry], bool]) -> tuple[KeptExplanation, ...]:
        shelves = self._shelves.copy()
        found = [entry.kept for shelf in shelves.values() for entry in shelf if is_chosen(entry)]
        return tuple(sorted(found, key=lambda kept: kept.at, reverse=True))

    def _fitting(self, shelf: _Shelf) -> _Shelf:
        """The entries of a shelf, newest first, that fit the limits."""
        per_statement, max_statements, max_bytes = self._limits
        counts: Counter[Statement] = Counter()
        total, chosen = 0, set()
        for entry in _most_telling_first(shelf):
            is_one_too_many = entry.statement not in counts and len(counts) >= max_statements
            if is_one_too_many or counts[entry.statement] >= per_statement:
                continue
            if total + entry.size > max_bytes:
                continue
            counts[entry.statement] += 1
            total += entry.size
            chosen.add(id(entry))
        return tuple(entry for entry in shelf if id(entry) in chosen)


def statement_of(query: Query) -> Statement:
    """The database and fingerprint, which queries share that differ in values alone."""
    return query.alias, fingerprint(str(query.sql))


def _most_telling_first(shelf: _Shelf) -> list[_Entry]:
    """Put the newest of plans that look alike first, then the others.

    So a plan from before a change stays, however often the later one is made again.
    """
    first: dict[tuple[object, ...], _Entry] = {}
    for entry in shelf:
        first.setdefault((entry.statement, entry.shape), entry)
    newest = {id(entry) for entry in first.values()}
    return [*first.values(), *(entry for entry in shelf if id(entry) not in newest)]


def _shape(plan: Plan) -> tuple[object, ...]:
    """A plan without its numbers."""
    return tuple(
        (node.node_type, node.relation, node.index, len(node.children)) for node in plan.nodes()
    )


def _size(explanation: Explanation) -> int:
    """About the bytes that it keeps alive: decoded, and with its nodes, a plan has five times
    the length of its JSON."""
    payload = json.dumps(explanation.payload, default=str)
    return 5 * len(payload) + len(explanation.text) + len(str(explanation.query.sql))
