"""From a measured plan to indexes that help: what to try, how it went, what is worth saying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from orm_insight.explain.base import Advised, Answer, Limits, Question, Statement
from orm_insight.explain.postgresql.findings import find
from orm_insight.explain.postgresql.indexes.candidates import Candidate, candidates, tables_of
from orm_insight.explain.postgresql.indexes.catalog import TableFacts, read_tables
from orm_insight.explain.postgresql.indexes.code import advise, define
from orm_insight.explain.postgresql.indexes.trial import (
    can_imagine,
    find_hypopg,
    try_created,
    try_hypothetical,
)
from orm_insight.explain.postgresql.names import Names
from orm_insight.explain.postgresql.session import message_of, restrict
from orm_insight.explain.words import duration
from orm_insight.model.plan import IndexAdvice, Trial

_MAX_TRIED = 8
_MAX_ADVICE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Considered:
    candidate: Candidate
    advice: IndexAdvice


class PostgresqlAdvisor:
    """Looks for indexes over the connection of an EXPLAIN that has just been answered."""

    def advise(
        self, wrapper: Any, statement: Statement, answer: Answer, question: Question
    ) -> Advised:
        """Advice for a measured plan; a failure of the server costs the advice, not the plan."""
        findings = find(answer.plan, captured_ms=question.captured_ms, schema=question.schema)
        answer = replace(answer, plan=replace(answer.plan, findings=findings))
        try:
            advised = _advise(wrapper.connection, statement, answer, question)
        except psycopg.Error as error:
            return Advised(
                findings=findings, notice=f"No index could be suggested: {message_of(error)}."
            )
        return replace(advised, findings=findings)


def _advise(
    connection: psycopg.Connection[Any], statement: Statement, answer: Answer, question: Question
) -> Advised:
    wanted = tables_of(answer.plan)
    if not wanted:
        return Advised(notice=_gone(question.try_index))
    tables, hypopg = _look(connection, wanted, question.limits)
    names = Names(question.schema)
    found = [
        _Considered(candidate=c, advice=advise(c, names))
        for c in candidates(answer.plan, tables)[:_MAX_TRIED]
    ]
    if question.try_index is not None:
        return _created(connection, statement, answer, found, question)
    if hypopg is not None:
        found = [
            _imagined(connection, statement, answer, one, question.limits, hypopg) for one in found
        ]
    return Advised(advice=_worth_saying(found))


def _look(
    connection: psycopg.Connection[Any], wanted: tuple[tuple[str, str], ...], limits: Limits
) -> tuple[Mapping[tuple[str, str], TableFacts], str | None]:
    connection.read_only = True
    with connection.transaction(force_rollback=True):
        restrict(connection, limits)
        return read_tables(connection, wanted), find_hypopg(connection)


def _imagined(
    connection: psycopg.Connection[Any],
    statement: Statement,
    answer: Answer,
    one: _Considered,
    limits: Limits,
    schema: str,
) -> _Considered:
    definition = define(one.candidate)
    if not can_imagine(definition):
        return one
    try:
        trial = try_hypothetical(
            connection, statement, definition, schema=schema, before=answer.plan, limits=limits
        )
    except psycopg.Error as error:
        note = f"hypopg could not try it: {message_of(error)}."
        return replace(one, advice=_noted(one.advice, note))
    return replace(one, advice=replace(one.advice, trial=trial))


def _created(
    connection: psycopg.Connection[Any],
    statement: Statement,
    answer: Answer,
    found: list[_Considered],
    question: Question,
) -> Advised:
    """The one that was asked for, tried; the others stay as they are."""
    chosen = next((one for one in found if one.advice.id == question.try_index), None)
    if chosen is None:
        return Advised(advice=_worth_saying(found), notice=_gone(question.try_index))
    others = [one for one in found if one is not chosen]
    definition = define(chosen.candidate)
    try:
        trial = try_created(
            connection,
            statement,
            definition,
            name=chosen.advice.name,
            analyze=answer.analyzed,
            limits=question.limits,
        )
    except psycopg.Error as error:
        advice = _noted(chosen.advice, f"It could not be tried: {message_of(error)}.")
        tried = replace(chosen, advice=advice)
        return Advised(advice=_worth_saying([tried, *others]), notice=advice.note)
    if not trial.helps:
        return Advised(advice=_worth_saying(others), notice=_in_vain(chosen.advice, trial))
    tried = replace(chosen, advice=replace(chosen.advice, trial=trial))
    return Advised(advice=_worth_saying([tried, *others]))


def _noted(advice: IndexAdvice, note: str) -> IndexAdvice:
    return replace(advice, note=f"{advice.note} {note}".strip())


def _worth_saying(found: list[_Considered]) -> tuple[IndexAdvice, ...]:
    """The best verified index of each step, then those not tried; none that does not help."""
    best: dict[int, _Considered] = {}
    for one in found:
        if one.advice.is_verified:
            held = best.get(id(one.candidate.node))
            if held is None or _is_better(one, held):
                best[id(one.candidate.node)] = one
    open_ = [
        one for one in found if one.advice.trial is None and id(one.candidate.node) not in best
    ]
    return tuple(one.advice for one in (*best.values(), *open_))[:_MAX_ADVICE]


def _is_better(one: _Considered, other: _Considered) -> bool:
    """Clearly cheaper, or as good with fewer keys."""
    first, second = (_after(one.advice.trial), _after(other.advice.trial))
    if abs(first - second) > 0.05 * second:
        return first < second
    return len(one.candidate.keys) < len(other.candidate.keys)


def _after(trial: Trial | None) -> float:
    return trial.cost_after if trial is not None else 0.0


def _in_vain(advice: IndexAdvice, trial: Trial) -> str:
    if trial.ms_before is not None and trial.ms_after is not None:
        went = f"{duration(trial.ms_before)} without, {duration(trial.ms_after)} with it"
    else:
        went = f"the cost is {trial.cost_before:,.0f} without, {trial.cost_after:,.0f} with it"
    return f"The index {advice.name} was created, tried and rolled back. It does not help: {went}."


def _gone(try_index: str | None) -> str | None:
    if try_index is None:
        return None
    return "The plan has changed since, and no longer needs that index."
