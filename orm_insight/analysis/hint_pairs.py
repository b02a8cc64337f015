"""The hints of two reports side by side: which are gone, which are new, which are still there.

The code between them may have changed, so that a hint is recognised by more than its lines. Pure.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from orm_insight.analysis.group_pairs import function_of
from orm_insight.analysis.pairing import Rule, Step, pair_up
from orm_insight.analysis.problems import Identity
from orm_insight.analysis.report import Report
from orm_insight.hints.catalogue import Needs, rule_of
from orm_insight.model.hint import Hint


class HintChanges(NamedTuple):
    """Hints of before that are gone, and of after that are new or were there before."""

    gone: tuple[Hint, ...]
    new: tuple[Hint, ...]
    kept: tuple[Hint, ...]


class _Known(NamedTuple):
    """A hint with what it is recognised by; silenced ones are known too, and never told."""

    hint: Hint
    identity: Identity
    is_silenced: bool


def pair_hints(before: Report, after: Report) -> HintChanges:
    olds, news = _known(before, beside=after), _known(after, beside=before)
    gone, new, kept = [], [], []
    for old, now in pair_up(olds, news, _STEPS):
        if old is not None and now is not None:
            if not (olds[old].is_silenced or news[now].is_silenced):
                kept.append(news[now].hint)
        elif old is not None and not olds[old].is_silenced:
            gone.append(olds[old].hint)
        elif now is not None and not news[now].is_silenced:
            new.append(news[now].hint)
    return HintChanges(_by_saving(gone), _by_saving(new), _by_saving(kept))


def _by_saving(hints: list[Hint]) -> tuple[Hint, ...]:
    return tuple(sorted(hints, key=lambda hint: (-hint.saving.queries, -hint.saving.ms, hint.code)))


def _known(report: Report, *, beside: Report) -> list[_Known]:
    """The hints that the other report could have as well."""
    both_deep = report.trace.is_deep and beside.trace.is_deep
    shared = {Needs.TRACE, Needs.DEEP_RECORDING} if both_deep else {Needs.TRACE}
    shown = [_Known(hint, Identity.of(hint), is_silenced=False) for hint in report.hints]
    silenced = [_Known(s.hint, Identity.of(s.hint), is_silenced=True) for s in report.silenced]
    return [each for each in (*shown, *silenced) if _needs(each.hint) in shared]


def _needs(hint: Hint) -> Needs:
    rule = rule_of(hint.code)
    return Needs.TRACE if rule is None else rule.needs


def _by_identity(each: _Known) -> Hashable:
    return each.identity


def _by_function(each: _Known) -> Hashable:
    site, origin = function_of(each.hint.site), function_of(each.hint.origin)
    return each.identity._replace(site=None, origin=None), site, origin


def _by_file(each: _Known) -> Hashable:
    files = [site and site.file for site in (each.hint.site, each.hint.origin)]
    return each.identity._replace(site=None, origin=None), *files


def _by_subject(each: _Known) -> Hashable | None:
    """Wherever it is; not of hints that say little but the model."""
    identity = each.identity
    if identity.lookup is None and identity.statement is None:
        return None
    return identity._replace(site=None, origin=None)


_STEPS: tuple[Step[_Known], ...] = (
    Step(key=_by_identity, rule=Rule.ANY),
    Step(key=_by_function, rule=Rule.ANY),
    Step(key=_by_file, rule=Rule.ONE),
    Step(key=_by_subject, rule=Rule.ONE),
)
