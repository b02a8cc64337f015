"""Indexes that would help: the code to write, and what came of trying them."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.analysis.patches.classes import class_site
from orm_insight.files import Unreadable, read_source
from orm_insight.model.advice import IndexAdvice, Trial, TrialMethod
from orm_insight.ui.contexts import Fact, Place
from orm_insight.ui.format import count, duration
from orm_insight.ui.links import Links
from orm_insight.ui.plan_comparisons import comparison_view, verdict
from orm_insight.ui.plan_contexts import AdviceCard, ComparisonView, TryForm
from orm_insight.ui.plan_tree import plan_view
from orm_insight.ui.source import place_now

_ARROW = "\N{RIGHTWARDS ARROW}"


def advice_card(
    advice: IndexAdvice, links: Links, *, prefix: str, form: TryForm | None
) -> AdviceCard:
    """``form`` is where a trial can be asked for; one that was created needs no other."""
    trial = advice.trial
    was_created = trial is not None and trial.method is TrialMethod.CREATED
    after = trial.after if trial else None
    return AdviceCard(
        id=advice.id,
        hint=advice.hint,
        hint_url=links.about(advice.hint) if advice.hint else None,
        title=f"An index on {advice.model or advice.table}",
        reason=advice.reason,
        state=_state(trial),
        verdict=_verdict(trial),
        facts=tuple(_facts(trial)) if trial else (),
        meta="\n\n".join(filter(None, [advice.meta_imports, advice.meta])),
        migration=advice.migration,
        sql=advice.sql,
        note=advice.note,
        comparison=_comparison(trial) if trial else None,
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
        return "Not verified: it was not tried."
    how = (
        "it was created in a transaction, used, and rolled back"
        if trial.method is TrialMethod.CREATED
        else "the planner was told of it with hypopg, nothing was created or executed"
    )
    return f"Verified: {how}." if trial.helps else f"It does not help: {how}."


def _facts(trial: Trial) -> Iterator[Fact]:
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


def _comparison(trial: Trial) -> ComparisonView | None:
    if trial.before is None or trial.after is None:
        return None
    return comparison_view(trial.before, trial.after, title="Without and with the index")
