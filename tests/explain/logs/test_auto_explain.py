"""The plans in a server's log: real logs of all formats, and what can be wrong with one."""

from __future__ import annotations

import itertools
import json

import pytest

from orm_insight.explain import logs as auto_explain
from orm_insight.explain.logs import AutoExplainLog, LogCounts
from orm_insight.explain.postgresql import parse_plan
from tests.explain.logs.entries import BODY, PREFIX, entry
from tests.explain.logs.server import HOSTILE

OTHER_LINE = f"{PREFIX}LOG:  checkpoint starting: time\n"


def read(text):
    log = AutoExplainLog(text.splitlines(keepends=True))
    return list(log), log.counts


def test_noop_log_without_plans():
    assert read(OTHER_LINE * 3) == ([], LogCounts())


def test_noop_duration_of_a_statement():
    assert read(f"{PREFIX}LOG:  duration: 12.345 ms  statement: SELECT 1\n") == ([], LogCounts())


@pytest.mark.parametrize("format", ["stderr", "csvlog", "jsonlog"])
def test_real_log(logs, format):
    with open(logs[format], encoding="utf-8", newline="\n") as lines:
        log = AutoExplainLog(lines)
        plans = list(log)

    assert log.counts == LogCounts(plans=6, broken=0, other_format=1)
    assert [plan.sql for plan in plans] == [
        "CREATE TABLE big AS SELECT i AS id, md5(i::text) AS text FROM generate_series(1, 20000) i",
        "SELECT * FROM big WHERE text = 'x'",
        "SELECT * FROM big WHERE text = 'yy'",
        HOSTILE,
        "SELECT b.id FROM big b WHERE b.id = 5",
        "SELECT pg_sleep(0.5)",
    ]
    scan = parse_plan(plans[1].payload)
    assert scan.root.relation == "big"
    assert scan.execution_ms == plans[1].duration_ms > 0
    assert scan.root.raw["Rows Removed by Filter"] == 20000
    assert parse_plan(plans[5].payload).execution_ms is None
    assert plans[5].duration_ms >= 500


@pytest.mark.parametrize(
    "prefix",
    ["", "2025-01-02 %q{ ", "[app] user@db:", "< 2025-01-02 03:04:05 >\t", "db-1  | ", "(,\"' "],
)
def test_any_prefix(prefix):
    [plan], counts = read(entry(prefix=prefix))

    assert (plan.duration_ms, plan.sql) == (12.345, "SELECT 1")
    assert counts == LogCounts(plans=1)


def test_each_line_with_the_prefix_of_a_container():
    text = "".join(f"db-1  | {line}" for line in entry().splitlines(keepends=True))

    assert read(text)[1] == LogCounts(plans=1)


@pytest.mark.parametrize("tab", ["", "    "])
def test_tabs_that_were_lost_on_the_way(tab):
    assert read(entry(tab=tab))[1] == LogCounts(plans=1)


def test_line_ends_of_windows():
    assert read(entry(end="\r\n"))[1] == LogCounts(plans=1)


def test_other_level_of_the_log():
    assert read(entry().replace("LOG:", "DEBUG1:"))[1] == LogCounts(plans=1)


def test_verbose_log():
    place = f"{PREFIX}LOCATION:  explain_ExecutorEnd, auto_explain.c:437\n"
    text = (entry() + place).replace("LOG:  ", "LOG:  00000: ")

    assert read(text * 2)[1] == LogCounts(plans=2)


def test_parameters_of_the_statement():
    body = BODY.replace('"Plan"', '"Query Parameters": "$1 = \'5\'",\n  "Plan"', 1)
    [plan], _ = read(entry(body))

    assert plan.parameters == "$1 = '5'"


@pytest.mark.parametrize("kept", range(1, 6))
def test_entry_that_ends_too_early_and_the_one_behind_it(kept):
    truncated = "".join(entry().splitlines(keepends=True)[:kept])

    assert read(truncated)[1] == LogCounts(broken=1)
    assert read(truncated + OTHER_LINE + entry())[1] == LogCounts(plans=1, broken=1)
    assert read(truncated + entry())[1] == LogCounts(plans=1, broken=1)


def test_log_that_begins_in_the_middle_of_an_entry():
    rest = "".join(entry().splitlines(keepends=True)[3:])

    assert read(rest + entry())[1] == LogCounts(plans=1)


def test_two_processes_in_one_entry():
    lines = entry().splitlines(keepends=True)
    text = "".join([*lines[:3], OTHER_LINE, *lines[3:]])

    assert read(text + entry())[1] == LogCounts(plans=1, broken=1)


@pytest.mark.parametrize("body", ['{\n  "Query Text": \n}', '{\n  "Query Text": "x"\n}'])
def test_entry_that_is_no_plan(body):
    assert read(entry(body))[1] == LogCounts(broken=1)


@pytest.mark.parametrize(
    "body",
    [
        "Query Text: SELECT 1\nResult  (cost=0.00..0.01 rows=1 width=4)",
        'Query Text: "SELECT 1"\nPlan: \n  Node Type: "Result"',
        '<explain xmlns="http://www.postgresql.org/2009/explain">\n</explain>',
    ],
)
def test_plans_in_other_formats_are_counted(body):
    json_line = json.dumps({"message": f"duration: 1.0 ms  plan:\n{body}"}) + "\n"

    assert read(entry(body) + json_line + entry())[1] == LogCounts(plans=1, other_format=2)


@pytest.mark.parametrize("line", ['{"message":"duration: 1.0 ms  plan:\\n{', '{"a": " ms  plan:"}'])
def test_line_of_json_that_is_broken(line):
    assert read(f"{line}\n")[1] == LogCounts(broken=1)


def test_entry_that_never_ends(monkeypatch):
    monkeypatch.setattr(auto_explain, "MAX_ENTRY", 1000)
    endless = entry().splitlines(keepends=True)[:2] + ['\t  "a": 1,\n'] * 200

    assert read("".join(endless) + entry())[1] == LogCounts(plans=1, broken=1)


def test_plans_come_while_the_log_is_read():
    endless = itertools.cycle(entry().splitlines(keepends=True))
    log = AutoExplainLog(endless)

    assert len(list(itertools.islice(log, 1000))) == 1000
    assert log.counts.plans == 1000
