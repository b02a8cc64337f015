"""The transactions of a trace in time: a lane for each alias, from BEGIN to the end of COMMIT."""

from __future__ import annotations

from collections.abc import Sequence

from orm_insight.analysis.elapsed import ended_ms
from orm_insight.model.surroundings import Transaction, TransactionOutcome
from orm_insight.ui.format import duration, moment
from orm_insight.ui.time_contexts import TransactionLane
from orm_insight.ui.timescale import Timescale

_ORDER: tuple[TransactionOutcome, ...] = ("committed", "rolled back", "open")


def transaction_lanes(
    transactions: Sequence[Transaction], scale: Timescale
) -> tuple[TransactionLane, ...]:
    """What was rolled back is a path of its own."""
    return tuple(
        _lane(alias, [ran for ran in transactions if ran.alias == alias], scale)
        for alias in dict.fromkeys(ran.alias for ran in transactions)
    )


def _lane(alias: str, transactions: list[Transaction], scale: Timescale) -> TransactionLane:
    undone = [ran for ran in transactions if ran.outcome == "rolled back"]
    others = [ran for ran in transactions if ran.outcome != "rolled back"]
    return TransactionLane(
        alias=alias,
        summary=_outcomes(transactions),
        path=scale.path((ran.started_ms, ended_ms(ran)) for ran in others),
        rolled_back=scale.path((ran.started_ms, ended_ms(ran)) for ran in undone),
    )


def _outcomes(transactions: Sequence[Transaction]) -> str:
    if len(transactions) == 1:
        ran = transactions[0]
        span = f"from {moment(ran.started_ms)} to {moment(ended_ms(ran))}"
        return f"{ran.outcome}, {span}"
    counts = ((outcome, sum(ran.outcome == outcome for ran in transactions)) for outcome in _ORDER)
    total = sum(ran.duration_ms for ran in transactions)
    return ", ".join(
        [*(f"{count:,} {outcome}" for outcome, count in counts if count), duration(total)]
    )
