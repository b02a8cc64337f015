"""What the time of a trace went by with, in a line: statements, ends of transactions, the rest."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.analysis.elapsed import Elapsed
from orm_insight.analysis.report import Report
from orm_insight.ui.format import duration, percent
from orm_insight.ui.time_contexts import TimePart
from orm_insight.ui.timescale import WIDTH

_NOTICEABLE = 1.01


def time_parts(spent: Elapsed) -> tuple[TimePart, ...]:
    """Side by side; together they are the whole."""
    return tuple(_placed(spent))


def _placed(spent: Elapsed) -> Iterator[TimePart]:
    x = 0.0
    for kind, label, part_ms in (
        ("database", "Queries", spent.database_ms),
        ("ending", "COMMIT and ROLLBACK", spent.ending_ms),
        ("application", "Application", spent.application_ms),
    ):
        share = part_ms / spent.whole_ms
        if part_ms > 0 or kind != "ending":
            yield TimePart(
                kind=kind,
                label=label,
                value=duration(part_ms),
                share=percent(share),
                x=f"{x * WIDTH:.1f}",
                width=f"{share * WIDTH:.1f}",
            )
        x += share


def overlap_note(report: Report, spent: Elapsed) -> str:
    """Why the statements took longer than the database was at work."""
    if report.query_ms <= spent.database_ms * _NOTICEABLE:
        return ""
    return (
        f"Statements ran at the same time: one after another they would have taken "
        f"{duration(report.query_ms)}."
    )
