"""The values of an EXPLAIN: question, answer, the interface of a vendor, and the failures.

No database, no Django: the runner opens connections, a vendor's session talks over one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from orm_insight.model.plan import Finding, IndexAdvice, Plan
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Params, Query, Redacted

# These vendors have plans that hold for any value of the parameters.
PLANS_WITHOUT_VALUES = frozenset({"postgresql"})
WITHHELD = (
    "Its parameters were withheld when it was recorded, and without them there is no plan. "
    'ORM_INSIGHT["REDACT_PARAMS"] decides: False keeps the values of future recordings, except '
    "for SECRET_NAMES; None, the default, keeps them if DEBUG is on."
)


class Outcome(StrEnum):
    """How it went, for whoever has to choose a status or a colour."""

    EXPLAINED = "explained"
    REFUSED = "refused"
    """Cannot be explained at all: another vendor, withheld values, no such kind of plan."""
    FAILED = "failed"
    """The database said no: a table is gone, a permission is missing, it took too long."""
    UNAVAILABLE = "unavailable"
    """There is no database to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the database may work on it, and wait for a lock."""

    statement_ms: int = 10_000
    lock_ms: int = 1_000

    def __post_init__(self) -> None:
        if self.statement_ms < 1 or self.lock_ms < 1:
            raise ValueError("The limits of an EXPLAIN must be at least one millisecond.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The statement to be sent: the captured text and the parameters with their types."""

    sql: str
    params: Params = None


NOT_RUN_HERE = "This trace was imported: its statements are never run here."
"""An imported file holds text that anybody may have written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a vendor. ``notice`` says why a statement was not executed."""

    plan: Plan
    text: str
    payload: Any
    analyzed: bool = False
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """The part that the project's own names and the database's catalog add to a plan.

    ``findings`` take the place of those that the plan alone gives away. ``notice`` says what came
    of trying an index.
    """

    findings: tuple[Finding, ...] = ()
    advice: tuple[IndexAdvice, ...] = ()
    notice: str | None = None


class Session(Protocol):
    """One vendor's way to explain over a connection that is nobody else's."""

    def adapt_settings(self, settings: dict[str, Any]) -> None:
        """Change the settings of the alias, a copy, before the connection is opened."""

    def explain(
        self, wrapper: Any, statement: Statement, *, analyze: bool, limits: Limits
    ) -> Answer:
        """Explain, write nothing; raise ``ExplainError`` with a message for the page."""

    def cancel(self, wrapper: Any) -> None:
        """End what runs over the connection; called from another thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The facts that an advisor gets along with the plan.

    ``captured_ms`` is how long the application had waited, ``None`` where that was for more than
    this statement. ``try_index`` is the ``id`` of an index to be created for a trial.
    """

    schema: Schema
    limits: Limits
    captured_ms: float | None = None
    try_index: str | None = None


class Advisor(Protocol):
    """One vendor's way to advise on a plan, over the connection that has just explained."""

    def advise(
        self, wrapper: Any, statement: Statement, answer: Answer, question: Question
    ) -> Advised:
        """Return findings and indexes; raise no error of the database's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The content of the page: a plan, or ``error``, never both.

    ``analyzed`` is true where the statement was really executed. ``text`` and ``payload`` are to
    be copied. ``notice`` tells why it was not executed, or what else to know about the plan.
    ``advice`` are indexes that would help, or may help where they are not verified; ``can_try``
    is true where one may be tried by creating it and rolling back.
    """

    query: Query
    outcome: Outcome
    vendor: str
    analyzed: bool = False
    plan: Plan | None = None
    text: str = ""
    payload: Any = None
    notice: str | None = None
    error: str | None = None
    advice: tuple[IndexAdvice, ...] = ()
    can_try: bool = False

    @property
    def captured_ms(self) -> float:
        """How long the application had waited for it."""
        return self.query.duration_ms

    @property
    def explained_ms(self) -> float | None:
        return self.plan.execution_ms if self.plan else None


class ExplainError(Exception):
    """No plan; the message is for the page."""

    outcome = Outcome.FAILED


class Refused(ExplainError):
    """It cannot be explained, now or later."""

    outcome = Outcome.REFUSED


SEVERAL = "More than one statement was sent at once; EXPLAIN takes a single one."


class NoPlan(Refused, ValueError):
    """There is no plan in what the database returned."""


class Unavailable(ExplainError):
    """The database cannot be reached."""

    outcome = Outcome.UNAVAILABLE


def describe_ms(milliseconds: int) -> str:
    """``10 s``, ``1.5 s``, ``200 ms``."""
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds} ms"


def timed_out(server: str, limits: Limits, *, verb: str = "ended") -> ExplainError:
    time = describe_ms(limits.statement_ms)
    return ExplainError(f"{server} {verb} it after {time}, its time limit.")


def lock_timed_out(limits: Limits) -> ExplainError:
    return ExplainError(
        f"It gave up after waiting {describe_ms(limits.lock_ms)} for a lock that another "
        "transaction holds."
    )


def lacks_values(params: Params) -> bool:
    """Some of them were withheld when they were captured."""
    return any(isinstance(value, Redacted) for value in values(params))


def values(params: Any) -> Iterator[Any]:
    """Every value in a set of parameters, also inside lists and mappings."""
    if isinstance(params, Mapping):
        params = list(params.values())
    if not isinstance(params, list | tuple):
        yield params
        return
    for item in params:
        yield from values(item)
