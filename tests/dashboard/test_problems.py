"""The page of problems: the hints of the whole ring, each problem once."""

from __future__ import annotations

import pytest

from orm_insight import faults, insight
from orm_insight.dashboard import problems, workload
from orm_insight.dashboard.digests import Digests
from orm_insight.model.querylog import QueryLog
from tests.builders import make_query, make_site
from tests.dashboard.kept import HOSTILE, STRANGER, at_line, repeated
from tests.dashboard.pages import elements
from tests.dashboard.reading import links, with_class

PAGE = "problems/"


def titles(text: str) -> list[str]:
    return with_class(text, "oi-hint-title")


def ids(text: str) -> set[str | None]:
    return {element.get("id") for element in elements(text, "div")}


def test_empty_ring_says_what_to_do_next(dashboard):
    text = dashboard.text(PAGE)

    assert "Nothing recorded yet" in text
    assert "Open some pages of your application" in text
    assert titles(text) == []


def test_ring_without_hints_says_where_to_look(dashboard):
    dashboard.keep(make_query())

    text = dashboard.text(PAGE)

    assert "Nothing to fix in 1 trace" in text
    assert "/_orm/traces/?sort=-database" in links(text)


def test_same_hint_of_two_traces_is_one_problem(dashboard):
    dashboard.keep(*repeated(3))
    dashboard.keep(*repeated(9))
    dashboard.keep(make_query())

    text = dashboard.text(PAGE)

    assert titles(text) == ["N+1: SELECT t is repeated in a loop"]
    assert with_class(text, "oi-problem-traces") == ["in 2 traces"]
    assert with_class(text, "oi-saving") == ["\N{MINUS SIGN}10 queries · 10 ms"]
    assert "1 problem in 2 of 3 traces" in text
    assert "12 queries in 2 traces" in text


def test_other_lines_are_other_problems_largest_saving_first(dashboard):
    dashboard.keep(*at_line(20, 4), *at_line(30, 8))
    dashboard.keep(*at_line(20, 4))
    dashboard.keep(*at_line(20, 4))

    text = dashboard.text(PAGE)

    assert titles(text) == [
        "N+1: SELECT t20 is repeated in a loop",
        "N+1: SELECT t30 is repeated in a loop",
    ]
    assert with_class(text, "oi-problem-traces") == ["in 3 traces", "in 1 trace"]


def test_problem_says_where_and_what_to_do(dashboard):
    dashboard.keep(*repeated(3))

    text = dashboard.text(PAGE)

    assert "blog/views.py" in text
    assert "post_list" in text
    assert "One query for all values, before the loop" in text


def test_newest_traces_are_linked_down_to_their_hint(dashboard):
    traces = [dashboard.keep(*at_line(20, 2), *at_line(30, 5)) for _ in range(7)]

    text = dashboard.text(PAGE)

    to_first = [link for link in links(text) if link.endswith("#oi-hint-1")]
    assert to_first == [f"/_orm/traces/{trace.id}/#oi-hint-1" for trace in traces[:1:-1]]
    assert text.count("and 2 older") == 2
    trace = dashboard.text(f"traces/{traces[-1].id}/")
    assert {"oi-hint-1", "oi-hint-2"} <= ids(trace)


def test_every_page_leads_here_and_a_hint_to_its_problem(dashboard):
    trace = dashboard.keep(*repeated(3))
    path = f"traces/{trace.id}/"

    for page in ("", path, f"{path}groups/", f"{path}queries/0/", PAGE):
        assert "/_orm/problems/" in links(dashboard.text(page)), page

    [to_problem] = [link for link in links(dashboard.text(path)) if "#p-" in link]
    assert to_problem.startswith("/_orm/problems/#p-")
    assert to_problem.partition("#")[2] in ids(dashboard.text(PAGE))


def test_navigation_tells_where_one_is(dashboard):
    current = {
        path: [
            "".join(link.itertext())
            for link in elements(dashboard.text(path), "a")
            if link.get("aria-current")
        ]
        for path in ("", PAGE)
    }

    assert current == {"": ["Overview"], PAGE: ["Problems"]}


@pytest.mark.parametrize("path", [PAGE, "problems.json"])
def test_strangers_get_a_404(dashboard, path):
    dashboard.keep(*repeated(3))

    assert dashboard.client.get(f"/_orm/{path}").status_code == 200
    assert dashboard.client.get(f"/_orm/{path}", **STRANGER).status_code == 404


def test_page_needs_neither_inline_scripts_nor_styles(dashboard):
    dashboard.keep(*repeated(3))

    response, text = dashboard.get(PAGE), dashboard.text(PAGE)

    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert "style=" not in text
    assert elements(text, "style") == []
    assert all(script.get("src") for script in elements(text, "script"))


def test_json(dashboard):
    older, newer = dashboard.keep(*repeated(3)), dashboard.keep(*repeated(5))

    found = dashboard.get("problems.json").json()

    assert (found["version"], found["analysed"], found["waiting"], found["failed"]) == (1, 2, 0, 0)
    [problem] = found["problems"]
    assert (problem["code"], problem["traces"], problem["queries"]) == ("ORM205", 2, 8)
    assert problem["saving"] == {"queries": 6, "ms": pytest.approx(6.0)}
    assert problem["site"]["line"] == 10
    assert problem["url"] == f"/_orm/problems/#p-{problem['id']}"
    assert [seen["id"] for seen in problem["newest"]] == [newer.id, older.id]
    seen = problem["newest"][0]
    hints = dashboard.client.get(seen["url"]).json()["hints"]
    assert hints[seen["hint"]]["code"] == problem["code"]


def test_json_is_also_had_by_asking_for_it(dashboard):
    response = dashboard.client.get("/_orm/problems/", headers={"accept": "application/json"})

    assert response.json()["problems"] == []


def test_hostile_data_stays_text(dashboard):
    site = make_site(HOSTILE, 1, function=HOSTILE, is_template=True)
    queries = [make_query(f"SELECT '{HOSTILE}' FROM x", params=(n,), site=site) for n in range(3)]
    dashboard.keep(*queries, path=HOSTILE, name=HOSTILE, method="G<T")

    text = dashboard.text(PAGE)

    assert len(titles(text)) == 1
    assert "<script>" not in text
    assert "<img" not in text
    assert "&lt;img src=x onerror" in text
    assert dashboard.get("problems.json").json()["problems"][0]["site"]["file"] == HOSTILE


def test_trace_that_cannot_be_analysed_is_skipped_and_counted(dashboard, monkeypatch):
    broken, _ = dashboard.keep(*repeated(3)), dashboard.keep(*at_line(20))
    report_of = insight.report_of

    def failing(trace):
        if trace is broken:
            raise RuntimeError("analysis")
        return report_of(trace)

    monkeypatch.setattr(insight, "report_of", failing)
    try:
        text = dashboard.text(PAGE)

        assert titles(text) == ["N+1: SELECT t20 is repeated in a loop"]
        assert "1 problem in 1 of 1 trace" in text
        assert "1 trace could not be analysed" in text
        assert dashboard.get("problems.json").json()["failed"] == 1
        assert faults.counts() == {"analyse a trace: RuntimeError: analysis": 1}
    finally:
        faults.clear()


def test_what_is_not_analysed_yet_is_said(dashboard, monkeypatch):
    monkeypatch.setattr(problems, "BUDGET_S", 0.0)
    monkeypatch.setattr(workload, "digests", Digests())
    dashboard.keep(*repeated(3))
    dashboard.keep(make_query())

    first = dashboard.text(PAGE)
    second = dashboard.text(PAGE)

    assert "1 trace not analysed yet" in first
    assert "not analysed yet" not in second
    assert (len(titles(first)), len(titles(second))) == (0, 1)


def test_cleared_traces_take_their_problems_along(dashboard):
    dashboard.keep(*repeated(3))
    assert titles(dashboard.text(PAGE))

    dashboard.post("clear/")

    assert titles(dashboard.text(PAGE)) == []


def test_many_problems_are_cut_and_the_json_has_all(dashboard):
    limit = problems.MAX_SHOWN
    for line in range(100, 100 + limit + 5):
        dashboard.keep(*at_line(line))

    text = dashboard.text(PAGE)

    assert len(titles(text)) == limit
    assert "5 problems more" in text
    assert len(dashboard.get("problems.json").json()["problems"]) == limit + 5


def test_no_trace_of_a_full_ring_is_read_again(dashboard, reads):
    for number in range(200):
        dashboard.keep(queries=QueryLog.of(at_line(number + 20, 50)), path=f"/{number}/")
    dashboard.get(PAGE)
    assert len(reads) == 200
    reads.clear()

    dashboard.get(PAGE)

    assert reads == []


def test_what_is_a_part_of_another_trace_is_counted_once(dashboard):
    block = dashboard.keep(*at_line(20, 5), name="block", kind="capture")
    dashboard.keep(*at_line(20, 5), part_of=block.id)

    text = dashboard.text(PAGE)

    assert "5 queries in 1 trace" in text


def test_a_part_whose_whole_has_gone_counts_itself(dashboard):
    dashboard.keep(*at_line(20, 5), part_of="gone")

    assert "5 queries in 1 trace" in dashboard.text(PAGE)
