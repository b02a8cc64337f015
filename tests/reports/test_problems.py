"""Which hints of several traces are one problem, in real traces of real code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from orm_insight.model.hint import Hint, Saving, Severity
from orm_insight.model.summary import summary_of
from orm_insight.reports.problems import (
    KEPT_OCCURRENCES,
    AnalysedTrace,
    Identity,
    Problem,
    findings_of,
    gather_problems,
    needed_in,
    without_echoes,
)
from orm_insight.reports.report import Report
from tests.builders import make_site
from tests.hints.tools import report_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db, seeded_by(make_library, books=4)]


def authors(books: int = 4) -> list[str]:
    return [book.author.name for book in Book.objects.order_by("pk")[:books]]


def authors_elsewhere() -> list[str]:
    return [book.author.name for book in Book.objects.order_by("pk")]


def looked_up() -> None:
    for number in (1, 2):
        Book.objects.filter(pk=number).first()


def counted_again_after_a_write() -> None:
    for _ in range(2):
        for _ in range(3):
            Book.objects.count()
        Book.objects.update(title="Written")


def problems_of(*reports: Report) -> tuple[Problem, ...]:
    """The problems of reports in the order in which a ring has them: newest first."""
    return gather_problems(
        AnalysedTrace(summary_of(report.trace), findings_of(report), needed_in(report.trace))
        for report in reports
    )


def hint_of(code: Callable[[], Any]) -> Hint:
    [hint] = report_of(code).hints
    return hint


def test_noop_no_traces_and_traces_without_hints():
    assert problems_of() == ()
    assert problems_of(report_of(lambda: Book.objects.count())) == ()


def test_noop_other_lines_are_other_problems():
    problems = problems_of(report_of(authors), report_of(authors_elsewhere))

    assert [problem.trace_count for problem in problems] == [1, 1]
    assert problems[0].id != problems[1].id


@pytest.mark.parametrize(
    "facts",
    [
        {"code": "ORM999"},
        {"model": "blog.Post"},
        {"lookup": "publisher"},
        {"site": None},
        {"origin": None},
        {"site": make_site(line=11)},
        {"site": make_site(file="/app/other.py")},
        {"origin": make_site(function="other")},
    ],
)
def test_noop_whatever_differs_is_another_problem(facts):
    hint = replace(hint_of(authors), site=make_site(), origin=make_site())

    assert Identity.of(replace(hint, **facts)).id != Identity.of(hint).id


def raw_sql_of_two_kinds() -> None:
    with connection.cursor() as cursor:
        for n, table in enumerate(("testapp_book", "testapp_genre", "testapp_book")):
            for step in range(3):
                cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s", [10 * n + step])


def test_noop_two_raw_statements_of_one_line_are_two_problems():
    problems = problems_of(report_of(raw_sql_of_two_kinds), report_of(raw_sql_of_two_kinds))

    assert len({problem.hint.site for problem in problems}) == 1
    assert [(p.trace_count, p.query_count) for p in problems] == [(2, 12), (2, 6)]
    assert problems[0].id != problems[1].id


def test_site_and_origin_are_not_mistaken_for_each_other():
    hint = hint_of(authors)
    one, other = make_site(line=1), make_site(line=2)

    turned = Identity.of(replace(hint, site=other, origin=one))

    assert turned.id != Identity.of(replace(hint, site=one, origin=other)).id


def test_same_hint_of_two_traces_is_one_problem():
    older, newer = report_of(lambda: authors(3)), report_of(authors)

    [problem] = problems_of(newer, older)

    assert (problem.trace_count, problem.query_count) == (2, 3 + 4)
    assert problem.saving.queries == sum(r.hints[0].saving.queries for r in (older, newer))
    assert problem.saving.ms == pytest.approx(sum(r.hints[0].saving.ms for r in (older, newer)))
    assert [seen.trace.id for seen in problem.newest] == [newer.trace.id, older.trace.id]
    assert problem.hint == replace(newer.hints[0], queries=())


def test_same_hint_twice_in_one_trace_counts_the_trace_once():
    report = report_of(counted_again_after_a_write)
    assert [hint.code for hint in report.hints] == ["ORM502", "ORM502"]

    [problem] = problems_of(report)

    assert problem.trace_count == len(problem.newest) == 1
    assert problem.saving.queries == sum(hint.saving.queries for hint in report.hints)
    assert problem.newest[0].saving == problem.saving


def test_columns_do_not_matter():
    hint = hint_of(authors)
    moved = replace(hint.site, column=99, end_column=None, end_line=None)

    assert Identity.of(replace(hint, site=moved)) == Identity.of(hint)


def test_id_is_short_and_stays_the_same_in_every_process():
    hint = Hint(code="ORM101", title="", message="", severity=Severity.LOW, site=make_site())

    assert Identity.of(hint).id == "556374fdd5"


def test_id_of_names_that_cannot_be_encoded():
    assert Identity.of(replace(hint_of(authors), site=make_site("/\udc80.py"))).id.isalnum()


def test_severity_is_the_worst():
    report = report_of(authors)
    [found] = findings_of(report)
    ranks = [Severity.LOW, Severity.HIGH, Severity.MEDIUM]
    seen = [replace(found, hint=replace(found.hint, severity=rank)) for rank in ranks]

    [problem] = gather_problems(AnalysedTrace(summary_of(report.trace), [each]) for each in seen)

    assert problem.severity is Severity.HIGH


def test_costliest_first_over_all_traces():
    often = [report_of(lambda: authors(3)) for _ in range(3)]

    problems = problems_of(report_of(looked_up), report_of(authors_elsewhere), *often)

    assert sorted(problem.trace_count for problem in problems) == [1, 1, 3]
    stakes = [problem.at_stake_ms for problem in problems]
    assert stakes == sorted(stakes, reverse=True)


def test_only_the_newest_occurrences_are_kept_and_all_are_counted():
    reports = [report_of(authors) for _ in range(KEPT_OCCURRENCES + 2)]

    [problem] = problems_of(*reports)

    assert problem.trace_count == len(reports)
    newest = [summary_of(report.trace) for report in reports[:KEPT_OCCURRENCES]]
    assert [seen.trace for seen in problem.newest] == newest


def test_occurrence_says_which_hint_of_the_trace_it_is():
    report = report_of(lambda: (authors_elsewhere(), looked_up()))
    assert len(report.hints) == 2

    problems = problems_of(report)

    assert sorted(problem.newest[0].number for problem in problems) == [0, 1]
    for problem in problems:
        assert Identity.of(report.hints[problem.newest[0].number]) == problem.identity


def shelf(*read: str):
    books = Book.objects.select_related("author")
    return [[getattr(book, name) for name in ("title", *read)] for book in books]


def unused(*reports):
    return {(problem.identity.code, problem.identity.lookup) for problem in problems_of(*reports)}


def test_what_another_trace_has_used_is_no_problem():
    in_vain = report_of(shelf, deep=True)
    assert unused(in_vain) == {("ORM105", "author"), ("ORM301", "body")}

    assert unused(report_of(lambda: shelf("author"), deep=True), in_vain) == {("ORM301", "body")}
    assert unused(in_vain, report_of(lambda: shelf("body"), deep=True)) == {("ORM105", "author")}
    assert unused(in_vain, report_of(lambda: shelf("author", "body"))) == unused(in_vain)


def evaluated(*, wanted: bool):
    books = Book.objects.all()
    return list(books) if len(books) and wanted else []


def test_rows_that_another_trace_has_used_are_no_problem():
    in_vain = report_of(lambda: evaluated(wanted=False), deep=True)
    assert unused(in_vain) == {("ORM303", None)}

    assert not unused(in_vain, report_of(lambda: evaluated(wanted=True), deep=True))


def test_a_slow_line_is_named_once():
    [rows] = problems_of(report_of(authors))
    rows = replace(rows, saving=Saving(0, 400.0), query_ms=400.0)
    slow = replace(rows, identity=rows.identity._replace(code="ORM601", lookup=None))
    slower = replace(slow, saving=Saving(0, 900.0))
    elsewhere = replace(slow, identity=slow.identity._replace(origin=None))

    assert without_echoes([rows, slow]) == [rows]
    assert without_echoes([slower, rows]) == [slower, rows]
    assert without_echoes([rows, elsewhere]) == [rows, elsewhere]
    assert without_echoes([slow]) == [slow]
