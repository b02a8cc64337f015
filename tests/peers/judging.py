"""The points that count: a finding, the right relation, a fix that can be applied, a false alarm.

* **found**: wasteful code gives a finding, of whatever kind.
* **relation**: where the waste is about a relation, a finding names it: the last step of the path
  from the queryset stands as a word in its text.
* **fix**: the text of a finding contains a call that can be written after the queryset
  (``select_related("author")``, ``annotate(...)``); it is written there and run. The result is the
  same, with fewer statements; a repair that spares no statements counts where it is the wanted one.
* **flagged**: clean code gives a finding.
* **broken**: the code fails under the tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet, functions
from django.test.utils import CaptureQueriesContext

from tests.peers.tools import Tool
from tests.scenarios import Scenario
from tests.scenarios import models as shelves
from tests.testapp import models as library

NAMES = {**vars(models), **vars(functions), **vars(library), **vars(shelves)}
_OF_RELATIONS = re.compile(r"ORM10[1-5]|ORM20[1-3]")
_METHOD = re.compile(r"\b(?:select_related|prefetch_related|annotate|only|defer)\(")
_NEXT_METHOD = re.compile(r"\.\w+\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one scenario; ``None`` where the question does not arise."""

    scenario: str
    found: bool | None = None
    relation: bool | None = None
    fix: bool | None = None
    flagged: bool | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def judge(tool: Tool, scenario: Scenario) -> Verdict:
    said = what_it_says(tool, scenario)
    if scenario.hint is None:
        return Verdict(scenario=scenario.id, flagged=bool(said))
    code, lookup = scenario.hint
    has_relation = _OF_RELATIONS.match(code) is not None and lookup is not None
    return Verdict(
        scenario=scenario.id,
        found=bool(said),
        relation=any(names(text, lookup) for text in said) if has_relation and lookup else None,
        fix=any(applies(text, scenario) for text in said) if scenario.fixes else None,
    )


def broken(scenario: Scenario, error: Exception) -> Verdict:
    """Code that fails under the tool, and does not without it."""
    return Verdict(
        scenario=scenario.id,
        found=False if scenario.hint else None,
        fix=False if scenario.fixes and scenario.hint else None,
        error=repr(error),
    )


def what_it_says(tool: Tool, scenario: Scenario) -> list[str]:
    with rolled_back(), tool.watch(scenario.is_deep) as said:
        scenario.run_bad()
    return said


def names(text: str, lookup: str) -> bool:
    return re.search(rf"\b(?:\w+__)?{lookup.rpartition('__')[2]}\b", text) is not None


def applies(text: str, scenario: Scenario) -> bool:
    """True if any call in the text, written after the queryset, does away with the waste."""
    return any(_is_repaired(call, scenario) for call in calls_in(text))


def calls_in(text: str) -> Iterator[str]:
    """Calls that a queryset has, each with those that are chained to it."""
    for method in _METHOD.finditer(text):
        end = _end_of_call(text, method.end())
        while end and (following := _NEXT_METHOD.match(text, end)):
            end = _end_of_call(text, following.end())
        if end:
            yield text[method.start() : end]


def _end_of_call(text: str, start: int) -> int | None:
    """Behind the parenthesis that closes what was opened before ``start``."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return None


def _is_repaired(call: str, scenario: Scenario) -> bool:
    try:
        with rolled_back(), CaptureQueriesContext(connection) as before:
            result = scenario.run_bad()
        with rolled_back(), CaptureQueriesContext(connection) as after:
            queryset = scenario.build()
            if not isinstance(queryset, QuerySet):
                return False
            fixed = eval(f"queryset.{call}", {**NAMES, "queryset": queryset})
            same = _gives(fixed, scenario, result)
    except Exception:
        return False
    return same and (
        len(after) < len(before) or (scenario.same_number and len(after) <= len(before))
    )


def _gives(queryset: Any, scenario: Scenario, expected: Any) -> bool:
    """A fix that adds an attribute is read as the repaired twin reads it."""
    for read in filter(None, (scenario.good_read, scenario.read)):
        with suppress(AttributeError):
            return bool(read(queryset) == expected)
    return False


@contextmanager
def rolled_back() -> Iterator[None]:
    """Whatever a scenario writes is taken back."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)
