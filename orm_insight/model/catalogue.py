"""The catalogue of hints: one entry for each rule, with all that other code has to know of it.

Nobody else writes a code. Settings, pages, comparisons, plans and tests ask the catalogue, so that
a new rule is its own file, its document, its tests and one entry here. Pure: it imports nothing but
values of the model, and names each detector by its path, so that reading it loads none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from orm_insight.model.hint import Saving, Severity

_DJANGO = "https://docs.djangoproject.com/en/stable/"
_OPTIMIZATION = "topics/db/optimization/"
_QUERYSETS = "ref/models/querysets/"


class Family(StrEnum):
    """The kind of waste that a rule finds."""

    RELATIONS = "relations"
    LOOPS = "loops"
    OVER_FETCHING = "over-fetching"
    REPETITION = "repetition"
    DATABASE = "the database"


class Needs(Enum):
    """The facts without which a rule finds nothing."""

    TRACE = auto()
    DEEP_RECORDING = auto()
    PLAN = auto()


class Unused(Enum):
    """The loaded thing that a rule calls unused; a trace that uses it refutes the hint."""

    RELATION = auto()
    COLUMN = auto()
    ROWS = auto()


class IndexKind(Enum):
    """The kind of index that a plan calls for."""

    PLAIN = auto()
    ORDERED = auto()
    TRIGRAM = auto()
    EXPRESSION = auto()


class State(NamedTuple):
    """The sentence that is true while the hint is given: *author* *is* *loaded once per row*.

    ``subject`` may name ``{lookup}``, ``{model}`` or ``{statement}`` of the hint.
    """

    subject: str
    verb: str
    words: str


SeverityRule: TypeAlias = Callable[[Saving, float], Severity]
"""Gives the severity, by what the fix saves and how many milliseconds the whole trace took."""


def by_saving(saving: Saving, whole_ms: float) -> Severity:
    """Rank by the statements saved, or by the part of the whole trace that they take."""
    share = saving.ms / whole_ms if whole_ms else 0.0
    if saving.queries >= 20 or share >= 0.3:
        return Severity.HIGH
    if saving.queries >= 5 or share >= 0.1:
        return Severity.MEDIUM
    return Severity.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The facts about one rule.

    ``title`` heads its document, ``docs`` is the page of Django's documentation that justifies it,
    ``detector`` the path of the class that finds it. ``does`` says what the call site does with
    the lookup, ``state`` what is the case while the hint is given; both are empty where the hint's
    own title says it better. ``findings`` are codes of findings in plans that lead to this rule,
    ``index`` is the kind of index that it proposes. ``is_given_by_finding`` is true where such a
    finding gives the hint without an index. ``is_of_time`` is true where only the duration is known
    unless a lookup names the cause.
    """

    code: str
    title: str
    family: Family
    docs: str
    detector: str
    needs: Needs = Needs.TRACE
    severity: SeverityRule = by_saving
    does: str = ""
    state: State | None = None
    unused: Unused | None = None
    findings: tuple[str, ...] = ()
    index: IndexKind | None = None
    is_given_by_finding: bool = False
    is_of_time: bool = False

    @property
    def docs_url(self) -> str:
        return f"{_DJANGO}{self.docs}"


_HINTS = "orm_insight.hints"
_ONCE_PER_ROW = State("{lookup}", "is", "loaded once per row")

_ENTRIES = (
    Rule(
        code="ORM101",
        title="a related object is loaded once per row (N+1)",
        family=Family.RELATIONS,
        docs=f"{_QUERYSETS}#select-related",
        detector=f"{_HINTS}.relations.SelectRelated",
        does="loads {}",
        state=_ONCE_PER_ROW,
    ),
    Rule(
        code="ORM102",
        title="a set of related objects is loaded once per row (N+1)",
        family=Family.RELATIONS,
        docs=f"{_QUERYSETS}#prefetch-related",
        detector=f"{_HINTS}.relations.PrefetchRelated",
        does="loads {}",
        state=_ONCE_PER_ROW,
    ),
    Rule(
        code="ORM103",
        title="related objects are queried once per row, in a way that no prefetch covers (N+1)",
        family=Family.RELATIONS,
        docs=f"{_QUERYSETS}#prefetch-objects",
        detector=f"{_HINTS}.relations.NarrowedRelation",
        does="queries some of {}",
        state=_ONCE_PER_ROW,
    ),
    Rule(
        code="ORM104",
        title="prefetched objects are queried again (N+1)",
        family=Family.RELATIONS,
        docs=f"{_QUERYSETS}#prefetch-related",
        detector=f"{_HINTS}.relations.PrefetchBypassed",
        does="queries the prefetched {} again",
        state=_ONCE_PER_ROW,
    ),
    Rule(
        code="ORM105",
        title="a relation is eagerly loaded but unused",
        family=Family.RELATIONS,
        docs=f"{_OPTIMIZATION}#don-t-retrieve-things-you-don-t-need",
        detector=f"{_HINTS}.unused.UnusedRelation",
        needs=Needs.DEEP_RECORDING,
        state=State("{lookup}", "is", "eagerly loaded but unused"),
        unused=Unused.RELATION,
    ),
    Rule(
        code="ORM106",
        title="a deferred field is loaded once per row (N+1)",
        family=Family.RELATIONS,
        docs=f"{_QUERYSETS}#defer",
        detector=f"{_HINTS}.relations.DeferredField",
        does="loads the deferred {}",
        state=_ONCE_PER_ROW,
    ),
    Rule(
        code="ORM201",
        title="related objects are counted once per row (N+1)",
        family=Family.LOOPS,
        docs="topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset",
        detector=f"{_HINTS}.aggregates.RelatedCount",
        does="counts {}",
        state=State("{lookup}", "is", "counted once per row"),
    ),
    Rule(
        code="ORM202",
        title="exists() runs once per row (N+1)",
        family=Family.LOOPS,
        docs="ref/models/expressions/#exists-subqueries",
        detector=f"{_HINTS}.aggregates.RelatedExists",
        does="runs .exists() on {}",
        state=State("{lookup}.exists()", "is", "run once per row"),
    ),
    Rule(
        code="ORM203",
        title="related objects are aggregated once per row (N+1)",
        family=Family.LOOPS,
        docs="topics/db/aggregation/#joins-and-aggregates",
        detector=f"{_HINTS}.aggregates.RelatedAggregate",
        does="aggregates {}",
        state=State("{lookup}", "is", "aggregated once per row"),
    ),
    Rule(
        code="ORM204",
        title="single objects are looked up in a loop (N+1)",
        family=Family.LOOPS,
        docs=f"{_QUERYSETS}#in-bulk",
        detector=f"{_HINTS}.loops.LookupInLoop",
        state=State("{model}", "is", "looked up in a loop"),
    ),
    Rule(
        code="ORM205",
        title="a query is repeated in a loop (N+1)",
        family=Family.LOOPS,
        docs=f"{_OPTIMIZATION}#retrieve-everything-at-once-if-you-know-you-will-need-it",
        detector=f"{_HINTS}.loops.RepeatedStatement",
        state=State("{statement}", "is", "repeated in a loop"),
    ),
    Rule(
        code="ORM301",
        title="wide columns are loaded but unused",
        family=Family.OVER_FETCHING,
        docs=f"{_QUERYSETS}#defer",
        detector=f"{_HINTS}.unused.WideColumn",
        needs=Needs.DEEP_RECORDING,
        state=State("{lookup}", "is", "loaded but unused"),
        unused=Unused.COLUMN,
    ),
    Rule(
        code="ORM302",
        title="very many rows are loaded at once",
        family=Family.OVER_FETCHING,
        docs=f"{_QUERYSETS}#iterator",
        detector=f"{_HINTS}.result_size.ManyRows",
        findings=("unbounded-result",),
    ),
    Rule(
        code="ORM303",
        title="rows are loaded only to be counted",
        family=Family.OVER_FETCHING,
        docs=f"{_QUERYSETS}#count",
        detector=f"{_HINTS}.unused.LengthOfRows",
        needs=Needs.DEEP_RECORDING,
        state=State("rows", "are", "loaded only to be counted"),
        unused=Unused.ROWS,
    ),
    Rule(
        code="ORM304",
        title="rows are loaded only to check whether any exist",
        family=Family.OVER_FETCHING,
        docs=f"{_QUERYSETS}#exists",
        detector=f"{_HINTS}.unused.TruthOfRows",
        needs=Needs.DEEP_RECORDING,
        state=State("rows", "are", "loaded only to check whether any exist"),
        unused=Unused.ROWS,
    ),
    Rule(
        code="ORM305",
        title="count() or exists() runs just before the same rows are loaded",
        family=Family.OVER_FETCHING,
        docs=f"{_OPTIMIZATION}#don-t-overuse-contains-count-and-exists",
        detector=f"{_HINTS}.result_size.AskedBeforeLoading",
    ),
    Rule(
        code="ORM306",
        title="OFFSET reads many rows only to skip them",
        family=Family.OVER_FETCHING,
        docs="topics/db/queries/#limiting-querysets",
        detector=f"{_HINTS}.result_size.DeepOffset",
        findings=("large-offset",),
    ),
    Rule(
        code="ORM501",
        title="the same query runs again with the same parameters",
        family=Family.REPETITION,
        docs=f"{_OPTIMIZATION}#understand-cached-attributes",
        detector=f"{_HINTS}.repeats.SameStatement",
    ),
    Rule(
        code="ORM502",
        title="the same rows are counted again",
        family=Family.REPETITION,
        docs="ref/paginator/#django.core.paginator.Paginator.count",
        detector=f"{_HINTS}.repeats.SameCount",
    ),
    Rule(
        code="ORM601",
        title="a single query is slow",
        family=Family.DATABASE,
        docs=f"{_OPTIMIZATION}#profile-first",
        detector=f"{_HINTS}.statements.SlowStatement",
        is_of_time=True,
    ),
    Rule(
        code="ORM602",
        title="a selective filter, an order or a join without an index",
        family=Family.DATABASE,
        docs="ref/models/options/#indexes",
        detector=f"{_HINTS}.plans.MissingIndex",
        needs=Needs.PLAN,
        index=IndexKind.PLAIN,
    ),
    Rule(
        code="ORM603",
        title="LIKE with a pattern that begins with a wildcard",
        family=Family.DATABASE,
        docs="ref/contrib/postgres/indexes/#ginindex",
        detector=f"{_HINTS}.plans.InfixPattern",
        needs=Needs.PLAN,
        index=IndexKind.TRIGRAM,
    ),
    Rule(
        code="ORM604",
        title="rows that are sorted, joined or grouped do not fit into memory",
        family=Family.DATABASE,
        docs=f"{_OPTIMIZATION}#use-standard-db-optimization-techniques",
        detector=f"{_HINTS}.plans.SpilledToDisk",
        needs=Needs.PLAN,
        findings=("spill",),
        index=IndexKind.ORDERED,
        is_given_by_finding=True,
    ),
    Rule(
        code="ORM605",
        title="the planner's row estimate is off by ten times or more",
        family=Family.DATABASE,
        docs=f"{_QUERYSETS}#explain",
        detector=f"{_HINTS}.plans.MisestimatedRows",
        needs=Needs.PLAN,
        findings=("misestimate",),
        is_given_by_finding=True,
    ),
    Rule(
        code="ORM606",
        title="a filter compares a function of a column",
        family=Family.DATABASE,
        docs="ref/models/indexes/#expressions",
        detector=f"{_HINTS}.plans.FunctionOnColumn",
        needs=Needs.PLAN,
        index=IndexKind.EXPRESSION,
    ),
)

_by_code = {rule.code: rule for rule in _ENTRIES}
RULES: Mapping[str, Rule] = MappingProxyType(_by_code)
"""The rules by code, in the order of their codes."""


def rule_of(code: str) -> Rule | None:
    """Return the rule of a hint, ``None`` where this version has none of that code."""
    return RULES.get(code)


def docs_of(code: str) -> str:
    """Return the address in Django's documentation that justifies the hint."""
    return RULES[code].docs_url


def severity_of(code: str, saving: Saving, whole_ms: float) -> Severity:
    """Return how much a hint matters in a trace that took ``whole_ms``."""
    return RULES[code].severity(saving, whole_ms)


def code_of_index(kind: IndexKind) -> str:
    """Return the code that goes with an index of this kind, or an empty text."""
    return next((rule.code for rule in RULES.values() if rule.index is kind), "")


def code_of_finding(finding: str) -> str:
    """Return the code that a finding of a plan leads to, or an empty text."""
    return next((rule.code for rule in RULES.values() if finding in rule.findings), "")


def codes_of_unused(kind: Unused) -> Iterator[str]:
    """Yield the codes that call such a loaded thing unused."""
    return (rule.code for rule in RULES.values() if rule.unused is kind)
