"""What EXPLAIN answered, put together for the page: a sentence, findings, indexes, the tree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from orm_insight.explain.base import Explanation
from orm_insight.explain.step_words import target, title
from orm_insight.explain.summary import summarize
from orm_insight.explanations import KeptExplanation
from orm_insight.model.plan import Finding, Plan
from orm_insight.ui.contexts import Fact
from orm_insight.ui.format import clock, count, cut, duration, preformatted
from orm_insight.ui.links import Links
from orm_insight.ui.plan_advice import advice_card
from orm_insight.ui.plan_comparisons import comparison_view
from orm_insight.ui.plan_contexts import ComparisonView, ExplainResult, FindingCard, MadeAt, TryForm
from orm_insight.ui.plan_shares import part
from orm_insight.ui.plan_tree import plan_view
from orm_insight.ui.plan_triggers import triggers_ms

DIFFERS_BY = 5
_MAX_TEXT = 200_000
_MAX_JSON = 120_000
"""More is behind a link, where there is one."""


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
                advice,
                links,
                prefix=f"q{index}-",
                form=form if explanation.can_try else None,
            )
            for advice in explanation.advice
        ),
        comparison=_comparison(explanation, kept),
        plan=plan_view(plan, prefix=prefix) if plan else None,
        text=preformatted(cut(explanation.text, _MAX_TEXT)),
        json=text,
        json_url=json_url,
        made=_made(explanation, kept),
    )


def _made(explanation: Explanation, kept: Sequence[KeptExplanation]) -> MadeAt | None:
    own = next((one for one in kept if one.explanation.plan is explanation.plan), None)
    if own is None or explanation.plan is None:
        return None
    return MadeAt(at=clock(own.at), at_iso=own.at.isoformat())


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
            title=finding.title,
            message=finding.message,
            advice=finding.advice,
            share=part(finding.share) if finding.share else "",
            bar=min(finding.share, 1.0),
            time=duration(finding.ms) if finding.ms else "",
            step="" if number is None else _step_name(finding),
            href="" if number is None else f"#{prefix}{number}",
            hint=finding.hint,
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
        note="" if is_same else "The values of the statement were others.",
        is_open=other is not None,
    )


def _earlier(explanation: Explanation, kept: Sequence[KeptExplanation]) -> list[KeptExplanation]:
    """Of the same kind: what was measured is compared with what was measured."""
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
