"""The answer of EXPLAIN for the page: a sentence, findings, indexes, the tree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from orm_insight.explain.base import Explanation
from orm_insight.explain.comparison import Change, Comparison, Pair, compare, own_costs
from orm_insight.explain.history import KeptExplanation
from orm_insight.explain.summary import summarize
from orm_insight.explain.words import target, title
from orm_insight.hints.patching.classes import class_site
from orm_insight.model.plan import Finding, IndexAdvice, Plan, PlanNode, Trial, TrialMethod
from orm_insight.project.source_files import Unreadable, read_source
from orm_insight.ui.components import Fact, Place
from orm_insight.ui.format import count, counted, cut, duration, preformatted
from orm_insight.ui.links import Links
from orm_insight.ui.plan_components import (
    COST,
    TIME,
    AdviceCard,
    ComparedStep,
    ComparisonView,
    ExplainResult,
    FindingCard,
    TryForm,
    triggers_ms,
)
from orm_insight.ui.plan_tree import plan_view
from orm_insight.ui.source import place_now

DIFFERS_BY = 5
_MAX_TEXT = 200_000
_MAX_JSON = 120_000
"""A longer JSON is a link, where there is an address for it."""


def explain_result(
    explanation: Explanation,
    links: Links,
    *,
    form: TryForm | None = None,
    kept: Sequence[KeptExplanation] = (),
) -> ExplainResult:
    """``kept`` are explanations of the same statement, newest first; ``form`` tries an index."""
    plan, index = explanation.plan, explanation.query.index
    prefix = f"q{index}-s"
    text, json_url = _json(explanation, links)
    findings = tuple(_findings(plan, links, prefix)) if plan else ()
    return ExplainResult(
        query_index=index,
        title="Measured plan" if explanation.analyzed else "Planned, not executed",
        summary=summarize(plan) if plan else "",
        facts=tuple(_facts(explanation, plan)) if plan else (),
        notice=explanation.notice or "",
        error=explanation.error or "",
        findings=findings,
        advice=tuple(
            advice_card(
                advice, links, prefix=f"q{index}-", form=form if explanation.can_try else None
            )
            for advice in explanation.advice
        ),
        comparison=_comparison(explanation, kept),
        plan=plan_view(plan, prefix=prefix) if plan else None,
        text=preformatted(cut(explanation.text, _MAX_TEXT)),
        json=text,
        json_url=json_url,
        made_at=next((one.at for one in kept if plan and one.explanation.plan is plan), None),
    )


def _facts(explanation: Explanation, plan: Plan) -> Iterator[Fact]:
    captured, explained = explanation.captured_ms, explanation.explained_ms
    yield Fact(label="Captured", value=duration(captured), note="in the request")
    if explained is not None:
        note = _difference(captured, explained + (plan.planning_ms or 0.0))
        yield Fact(label="Explained", value=duration(explained), note=note)
    if plan.planning_ms is not None:
        yield Fact(label="Planning", value=duration(plan.planning_ms))
    for label, ms, note in (
        ("JIT", plan.jit_ms, "compiling, part of the steps"),
        ("Triggers", triggers_ms(plan), "part of no step"),
        ("Serialization", plan.serialization_ms, "part of no step"),
    ):
        if ms:
            yield Fact(label=label, value=duration(ms), note=note)
    if plan.root.plan_rows is not None and plan.root.rows is None:
        yield Fact(label="Rows expected", value=count(plan.root.plan_rows))


def _difference(captured: float, explained: float) -> str:
    low, high = sorted((captured, explained))
    if low <= 0 or high < DIFFERS_BY * low:
        return ""
    return f"{count(round(high / low))} times {'less' if captured > explained else 'more'}"


def _findings(plan: Plan, links: Links, prefix: str) -> Iterator[FindingCard]:
    numbers = {id(node): number for number, node in enumerate(plan.nodes())}
    for finding in plan.findings:
        number = None if finding.is_of_plan else numbers.get(id(finding.node))
        yield FindingCard(
            finding=finding,
            step="" if number is None else _step_name(finding),
            href="" if number is None else f"#{prefix}{number}",
            hint_url=links.about(finding.hint) if finding.hint else None,
        )


def _step_name(finding: Finding) -> str:
    return f"{title(finding.node)} {target(finding.node)}".strip()


def _comparison(explanation: Explanation, kept: Sequence[KeptExplanation]) -> ComparisonView | None:
    """With the newest earlier plan that looks different, else with the newest one."""
    plan = explanation.plan
    earlier = _earlier(explanation, kept)
    if plan is None or not earlier:
        return None
    other = next((one for one in earlier if _shape(one.explanation.plan) != _shape(plan)), None)
    chosen = other or earlier[0]
    before = chosen.explanation.plan
    if before is None:
        return None
    is_same = chosen.query.params == explanation.query.params
    return comparison_view(
        before,
        plan,
        title="Compared with",
        at=chosen.at,
        note="" if is_same else "Its parameters were different.",
        is_open=other is not None,
    )


def _earlier(explanation: Explanation, kept: Sequence[KeptExplanation]) -> list[KeptExplanation]:
    """Return the earlier plans of the same kind: a measured plan is compared with measured ones."""
    plans = [one.explanation.plan for one in kept]
    place = next((i for i, plan in enumerate(plans) if plan is explanation.plan), -1)
    return [
        one
        for one in kept[place + 1 :]
        if one.explanation.plan is not None and one.explanation.analyzed == explanation.analyzed
    ]


def _shape(plan: Plan | None) -> list[tuple[object, ...]]:
    nodes = plan.nodes() if plan else ()
    return [(node.node_type, node.relation, node.index, len(node.children)) for node in nodes]


def _json(explanation: Explanation, links: Links) -> tuple[Markup, str | None]:
    """To be copied from the page; of a large plan the address where it is."""
    payload: Any = explanation.payload
    if explanation.plan is None or payload is None:
        return Markup(), None
    url = links.plan_json(explanation.query.index)
    text = json.dumps(payload, indent=2, ensure_ascii=False, default=str)
    if len(text) > _MAX_JSON:
        if url is not None:
            return Markup(), url
        text = json.dumps(payload, ensure_ascii=False, default=str)
    return preformatted(text), url


# Indexes that would help: the code to write, and what came of trying them.

_ARROW = "\N{RIGHTWARDS ARROW}"


def advice_card(
    advice: IndexAdvice, links: Links, *, prefix: str, form: TryForm | None
) -> AdviceCard:
    """``form`` is where a trial can be asked for; one that was created needs no other."""
    trial = advice.trial
    was_created = trial is not None and trial.method is TrialMethod.CREATED
    after = trial.after if trial else None
    return AdviceCard(
        advice=advice,
        hint_url=links.about(advice.hint) if advice.hint else None,
        state=_state(trial),
        verdict=_verdict(trial),
        facts=tuple(_trial_facts(trial)) if trial else (),
        comparison=_trial_comparison(trial) if trial else None,
        after=plan_view(after, prefix=f"{prefix}{advice.id}-") if after else None,
        form=None if was_created else form,
        place=_place(advice),
    )


def _place(advice: IndexAdvice) -> Place | None:
    """The class of the model, as its file is now."""
    try:
        text = read_source(advice.model_file).text if advice.model_file else ""
    except Unreadable:
        return None
    name = (advice.model or "").rpartition(".")[2]
    site = class_site(advice.model_file, name, text) if text else None
    return place_now(site) if site is not None else None


def _state(trial: Trial | None) -> str:
    if trial is None:
        return "unverified"
    return "verified" if trial.helps else "useless"


def _verdict(trial: Trial | None) -> str:
    if trial is None:
        return "Not verified: the index has not been tried."
    how = (
        "it was created in a transaction, used and rolled back"
        if trial.method is TrialMethod.CREATED
        else "hypopg showed it to the planner; nothing was created or executed"
    )
    return f"Verified: {how}." if trial.helps else f"It does not help: {how}."


def _trial_facts(trial: Trial) -> Iterator[Fact]:
    if trial.ms_before is not None and trial.ms_after is not None:
        yield Fact(
            label="Time",
            value=f"{duration(trial.ms_before)} {_ARROW} {duration(trial.ms_after)}",
            note=verdict(trial.ms_before, trial.ms_after, is_time=True),
        )
    yield Fact(
        label="Cost",
        value=f"{count(round(trial.cost_before))} {_ARROW} {count(round(trial.cost_after))}",
        note=verdict(trial.cost_before, trial.cost_after, is_time=False),
    )


def _trial_comparison(trial: Trial) -> ComparisonView | None:
    if trial.before is None or trial.after is None:
        return None
    return comparison_view(trial.before, trial.after, title="Without and with the index")


# Two plans of one statement: the steps that are different, before and after.

MAX_STEPS = 60
_FASTER = 1.5


def comparison_view(
    before: Plan,
    after: Plan,
    *,
    title: str,
    note: str = "",
    at: datetime | None = None,
    is_open: bool = False,
) -> ComparisonView:
    """``at`` is when ``before`` was made; ``is_open`` unfolds it."""
    found = compare(before, after)
    changed = [pair for pair in found.pairs if pair.is_noticeable]
    rows = _Rows(found)
    steps = tuple(rows.step(pair) for pair in changed[:MAX_STEPS])
    return ComparisonView(
        title=title,
        headline=_headline(found),
        note=note,
        unit=TIME if found.is_measured else COST,
        steps=steps,
        unchanged=_unchanged(len(found.pairs) - len(changed), len(changed) - len(steps)),
        has_rows=any(any(step.rows) for step in steps),
        has_buffers=any(any(step.buffers) for step in steps),
        is_open=is_open,
        at=at,
    )


def _headline(found: Comparison) -> str:
    """``184 ms → 2.1 ms, 88 times faster``."""
    before, after = found.ms if found.is_measured else found.costs
    if before is None or after is None:
        return ""
    tell = duration if found.is_measured else _cost
    text = f"{tell(before)} \N{RIGHTWARDS ARROW} {tell(after)}"
    return f"{text}, {verdict(before, after, is_time=found.is_measured)}"


def verdict(before: float, after: float, *, is_time: bool) -> str:
    """``88 times faster``, ``2 times the cost``, ``about the same``."""
    less, more = ("faster", "slower") if is_time else ("cheaper", "dearer")
    low = max(min(before, after), 0.001)
    times = max(before, after) / low
    if times < _FASTER:
        return "about the same"
    factor = count(round(times)) if times >= 10 else f"{times:.1f}"
    return f"{factor} times {less if after < before else more}"


def _cost(cost: float) -> str:
    return f"cost {count(round(cost, 2))}"


def _unchanged(same: int, left: int) -> str:
    parts = []
    if left > 0:
        parts.append(f"{counted(left, 'more step')} changed.")
    if same > 0:
        parts.append(f"{counted(same, 'step')} unchanged.")
    return " ".join(parts)


class _Rows:
    def __init__(self, found: Comparison) -> None:
        self._is_measured = found.is_measured
        self._costs = {**own_costs(found.before), **own_costs(found.after)}

    def step(self, pair: Pair) -> ComparedStep:
        before, after = _name(pair.before), _name(pair.after)
        sign = "+" if pair.before is None else "-" if pair.after is None else "~"
        is_other = before != after
        return ComparedStep(
            sign=sign,
            what=", ".join(_words(pair)),
            before=before if is_other else "",
            after=after,
            own=(self._own(pair.before), self._own(pair.after)),
            rows=(_rows(pair.before), _rows(pair.after)),
            buffers=(_buffers(pair.before), _buffers(pair.after)),
        )

    def _own(self, node: PlanNode | None) -> str:
        if node is None or not node.executed:
            return ""
        if self._is_measured:
            return "" if node.self_ms is None else duration(node.self_ms)
        cost = self._costs.get(id(node))
        return "" if cost is None else count(round(cost, 2))


def _words(pair: Pair) -> Iterator[str]:
    names = {
        Change.ADDED: "new",
        Change.REMOVED: "gone",
        Change.TYPE: "another way",
        Change.INDEX: "another index",
    }
    yield from (words for change, words in names.items() if change in pair.changes)


def _name(node: PlanNode | None) -> str:
    return "" if node is None else f"{title(node)} {target(node)}".strip()


def _rows(node: PlanNode | None) -> str:
    return "" if node is None or node.rows is None else count(node.rows)


def _buffers(node: PlanNode | None) -> str:
    if node is None or node.buffers is None:
        return ""
    found = node.buffers
    return count(found.shared_hit + found.shared_read + found.local_hit + found.local_read)
