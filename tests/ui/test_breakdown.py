"""Files and template lines as rows, the application's own time among them."""

from __future__ import annotations

from orm_insight.dashboard.links import TraceLinks
from orm_insight.model.schema import Schema
from orm_insight.reports.report import analyze
from orm_insight.ui.source import Sources
from orm_insight.ui.waterfall import MAX_PLACES, time_spent
from tests.builders import make_query, make_site, make_trace


def spent(*queries, **facts):
    trace = make_trace(*queries, **facts)
    return time_spent(analyze(trace, Schema()), TraceLinks(trace.id), Sources(trace))


def in_file(number, started_ms=0.0, **facts):
    return make_query(site=make_site(f"/app/{number}.py", 3), started_ms=started_ms, **facts)


def test_python_alone_has_no_template_lines():
    assert spent(in_file(1)).template_lines.rows == ()


def test_the_application_stands_at_its_place():
    found = spent(
        in_file(1, duration_ms=60.0), in_file(2, 60.0, duration_ms=10.0), duration_ms=100.0
    )

    assert [(row.name, row.total, row.share_text, row.count) for row in found.modules.rows] == [
        ("/app/1.py", "60 ms", "60 %", "1"),
        ("Python, templates and waiting", "30 ms", "30 %", ""),
        ("/app/2.py", "10 ms", "10 %", "1"),
    ]
    assert found.modules.rows[0].note == "1 line"


def test_statements_of_no_line_of_the_application():
    found = spent(make_query(site=None, duration_ms=100.0), duration_ms=100.0)

    assert [row.name for row in found.modules.rows] == [
        "Outside your code",
        "Python, templates and waiting",
    ]


def test_template_lines_have_their_place():
    site = make_site("/app/page.html", 7, is_template=True, function="post.author")

    (row,) = spent(make_query(site=site)).template_lines.rows

    assert (row.place.location, row.place.function) == ("/app/page.html:7", "post.author")


def test_very_many_files_are_summed_up():
    queries = [in_file(n, started_ms=n * 1.0) for n in range(MAX_PLACES + 5)]

    found = spent(*queries, duration_ms=15.0).modules

    assert len(found.rows) == MAX_PLACES + 1
    assert found.more == "5 more files, 5.0 ms"
