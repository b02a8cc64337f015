"""What a comparison comes to, in one sentence that claims no more than two runs can tell.

Counts decide first. A difference in time is told where it is clear, and as one of these two runs.
The cause is named in the words of the hint, else by the line.
"""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.analysis.comparison import Comparison
from orm_insight.analysis.group_pairs import Change, GroupPair, Kind
from orm_insight.hints.catalogue import rule_of
from orm_insight.model.hint import Hint
from orm_insight.model.trace import CallSite
from orm_insight.sql.fingerprint import summary
from orm_insight.ui.format import count, cut, duration, queries
from orm_insight.ui.paths import display_path

_HARDLY = 0.1


def verdict(compared: Comparison) -> str:
    head, joint = _head(compared), _joint(compared)
    parts = [f"{head}{joint}{_times(compared)}", *_cause(compared)]
    sentence = "; ".join(parts)
    if compared.is_same_endpoint:
        return f"{sentence}."
    return f"Two different endpoints: {sentence[0].lower()}{sentence[1:]}."


def _head(compared: Comparison) -> str:
    before, after = compared.queries
    if before != after:
        more = "more" if after > before else "fewer"
        difference = queries(int(abs(after - before)))
        return f"{difference} {more} ({count(before)} → {count(after)})"
    if not before:
        return "No statement in either"
    if compared.has_same_statements:
        return "The same statements"
    return f"As many queries as before ({count(before)}), but not the same"


def _joint(compared: Comparison) -> str:
    return ", " if compared.queries.difference else "; "


def _times(compared: Comparison) -> str:
    whole, database = compared.duration_ms, compared.database_ms
    if database.is_clear and not (whole.is_clear and compared.has_same_statements):
        inside = f"{_size(database)} {_less(database)} in the database"
        if whole.is_clear and (whole.difference > 0) != (database.difference > 0):
            inside = f"{inside}, but {_size(whole)} {_slower(whole)} in all,"
        return f"{inside} in these two runs"
    if whole.is_clear:
        return f"{_size(whole)} {_slower(whole)} in these two runs, {_part(whole, database)}"
    return "about as fast in these two runs"


def _part(whole: Change, database: Change) -> str:
    """How much of a difference in time the database accounts for."""
    share = database.difference / whole.difference
    if database.is_clear and share < 0:
        return f"although {_size(database)} {_less(database)} in the database"
    if not database.is_clear and share < _HARDLY:
        return "none of it in the database"
    if share > 1 - _HARDLY:
        return "all of it in the database"
    return f"{_size(database)} of it in the database"


def _size(change: Change) -> str:
    return duration(abs(change.difference))


def _less(change: Change) -> str:
    return "more" if change.difference > 0 else "less"


def _slower(change: Change) -> str:
    return "slower" if change.difference > 0 else "faster"


def _cause(compared: Comparison) -> Iterator[str]:
    """The hint that explains most of the difference; where none does, the line."""
    difference = compared.queries.difference
    if not difference and compared.has_same_statements:
        yield from _cause_of_time(compared)
        return
    pair = next((p for p in compared.pairs if p.count.difference * difference > 0), None)
    hint = next((h for h in _explaining(compared, difference) if h.saving.queries), None)
    if hint is not None and (pair is None or hint.saving.queries * 2 >= _queries_of(pair)):
        yield _said(compared, hint, difference)
    elif not difference:
        yield _turnover(compared)
    elif pair is not None:
        yield _at(pair, is_alone=_is_alone(compared, pair, difference))


def _explaining(compared: Comparison, difference: float) -> tuple[Hint, ...]:
    """Fewer queries come of hints that are gone, more of new ones."""
    if difference:
        return compared.new if difference > 0 else compared.gone
    return compared.gone or compared.new


def _said(compared: Comparison, hint: Hint, difference: float) -> str:
    if hint not in compared.gone:
        return _now(hint)
    worse = next((new for new in compared.new if new.saving.queries), None)
    return f"{_no_longer(hint)}, but {_now(worse)}" if worse else _no_longer(hint)


def _turnover(compared: Comparison) -> str:
    """As many queries, and other ones: how many groups it was that changed."""
    changed = [kind for kind in Kind if kind is not Kind.SAME and compared.of_kind(kind)]
    text = ", ".join(f"{len(compared.of_kind(kind)):,} {kind}" for kind in changed)
    only = compared.of_kind(changed[0])
    site = only[0].group.site if len(changed) == len(only) == 1 else None
    return f"{text}, at {_place(site)}" if site else text


def _queries_of(pair: GroupPair) -> float:
    return abs(pair.count.difference)


def _is_alone(compared: Comparison, pair: GroupPair, difference: float) -> bool:
    others = (p for p in compared.pairs if p is not pair)
    return not any(p.count.difference * difference > 0 for p in others)


def _cause_of_time(compared: Comparison) -> Iterator[str]:
    change = compared.database_ms
    if not change.is_clear:
        return
    same_way = [pair for pair in compared.pairs if pair.ms.difference * change.difference > 0]
    largest = max(same_way, key=lambda pair: abs(pair.ms.difference), default=None)
    if largest is not None and largest.ms.is_clear and len(compared.pairs) > 1:
        yield _at(largest, is_alone=False)


def _at(pair: GroupPair, *, is_alone: bool) -> str:
    much = "all" if is_alone else "above all"
    site = pair.group.site
    if site is None:
        return f"{much} of {cut(summary(pair.group.fingerprint), 80)}"
    return f"{much} at {_place(site)}"


def _place(site: CallSite) -> str:
    where = f"{display_path(site.file)}:{site.line}"
    if not site.function:
        return where
    name = cut(site.function, 80)
    return f"{where} ({name})" if site.is_template else f"{where} in {name}"


def _no_longer(hint: Hint) -> str:
    return _state(hint, "no longer") or f"“{_title(hint)}” is gone"


def _now(hint: Hint) -> str:
    return _state(hint, "now") or f"new: “{_title(hint)}”"


def _state(hint: Hint, when: str) -> str:
    """The rule's sentence on this hint, with ``when`` after its verb; empty where it has none."""
    rule = rule_of(hint.code)
    if rule is None or rule.state is None:
        return ""
    statement = summary(hint.queries[0].sql) if hint.queries else ""
    known = {"lookup": hint.lookup, "model": hint.model, "statement": statement}
    subject = rule.state.subject.format_map({name: text or "" for name, text in known.items()})
    return f"{cut(subject, 120)} {rule.state.verb} {when} {rule.state.words}" if subject else ""


def _title(hint: Hint) -> str:
    return cut(hint.title, 120)


def differences(compared: Comparison) -> Iterator[str]:
    """What else to know before the figures are believed."""
    before, after = compared.before.trace, compared.after.trace
    if before.started_at > after.started_at:
        yield "“Before” is the newer of the two: swap them to see what has changed since."
    if (before.status, before.error) != (after.status, after.error):
        yield (
            f"They ended differently: {_end(before.status, before.error)} and "
            f"{_end(after.status, after.error)}. What ends early issues fewer statements."
        )
    if before.is_deep != after.is_deep:
        yield (
            "Only one of them was recorded in depth, which takes time of its own; hints that need "
            "it are not compared."
        )
    for name, trace in (("Before", before), ("After", after)):
        if trace.dropped:
            yield (
                f"{name}: {queries(trace.dropped)} above the limit of a trace: "
                "counted and summed, but not kept one by one."
            )


def _end(status: int | None, error: str | None) -> str:
    return str(status) if status is not None else "failed" if error else "no failure"
