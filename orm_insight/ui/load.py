"""The load over time, drawn on the server: a bar for each span, the database's part below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from orm_insight.analysis.load import Load, load_over_time
from orm_insight.model.summary import TraceSummary
from orm_insight.ui.format import ago, clock, counted, duration, percent
from orm_insight.ui.overview_contexts import LoadBar, LoadChart, LoadTick

WIDTH, HEIGHT = 600.0, 100.0
_GAP = 0.2
_LEAST = 1.5
_FEWEST = 12
_TICKS = 3


def load_chart(traces: Sequence[TraceSummary]) -> LoadChart | None:
    """``None`` where there is nothing to draw."""
    length, spans = load_over_time(traces)
    most = max((span.total_ms for span in spans), default=0.0)
    if not most:
        return None
    # Few spans are not stretched: a bar would be a wall.
    width = WIDTH / max(len(spans), _FEWEST)
    return LoadChart(
        bars=tuple(
            _bar(span, number * width, width, most)
            for number, span in enumerate(spans)
            if span.traces
        ),
        ticks=tuple(_ticks(spans, length)),
        most=duration(most),
        summary=_summary(spans, length, most),
    )


def _bar(span: Load, x: float, width: float, most: float) -> LoadBar:
    whole = max(span.total_ms / most * HEIGHT, _LEAST)
    query = whole * span.query_ms / span.total_ms if span.total_ms else 0.0
    share = span.query_ms / span.total_ms if span.total_ms else 0.0
    return LoadBar(
        x=round(x + width * _GAP / 2, 2),
        width=round(width * (1 - _GAP), 2),
        query_y=round(HEIGHT - query, 2),
        query_height=round(query, 2),
        other_y=round(HEIGHT - whole, 2),
        other_height=round(whole - query, 2),
        title=(
            f"{ago(span.begins_at)}: {counted(span.traces, 'trace')}, "
            f"{duration(span.total_ms)}, {percent(share)} in the database"
        ),
    )


def _ticks(spans: Sequence[Load], length: timedelta) -> list[LoadTick]:
    begins = spans[0].begins_at
    whole = length * max(len(spans), _FEWEST)
    moments = [begins + whole * (number / (_TICKS - 1)) for number in range(_TICKS)]
    return [LoadTick(text=clock(moment), iso=moment.isoformat()) for moment in moments]


def _summary(spans: Sequence[Load], length: timedelta, most: float) -> str:
    traces = sum(span.traces for span in spans)
    query, whole = sum(s.query_ms for s in spans), sum(s.total_ms for s in spans)
    worst = max(spans, key=lambda span: span.total_ms)
    return (
        f"{counted(traces, 'trace')}, {duration(whole)} of work, {percent(query / whole)} of it in "
        f"the database; most of it, {duration(most)}, in the {_span(length)} that began "
        f"{ago(worst.begins_at)}"
    )


def _span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return name if seconds == size else f"{seconds // size} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"
