"""``manage.py orm_insight explain-log``, on real logs and on what is none."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.explain.logs.entries import entry


def run(*arguments):
    output = io.StringIO()
    call_command("orm_insight", *map(str, arguments), stdout=output)
    return output.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "server.log"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_subcommand_help_is_printed(capsys):
    assert "explain-log" in run()


@pytest.mark.parametrize("format", ["stderr", "csvlog", "jsonlog"])
def test_slowest_first_with_what_is_wrong(logs, format):
    text = run("explain-log", logs[format])

    headlines = [line for line in text.splitlines() if line[:1].isdigit() and ". " in line[:4]]
    assert len(headlines) == 5
    assert headlines[0].endswith("ms, once")
    assert text.index("pg_sleep") < text.index("WHERE text = ")
    assert "the slowest of 2 times" in text
    assert "a sequential scan of big" in text
    assert text.endswith("6 plans, 5 statements, 1 more not written as JSON.\n")


def test_plans_as_text(logs):
    text = run("explain-log", logs["stderr"], "--plans")

    assert "   Seq Scan on public.big" in text
    assert "(never executed)" not in text
    assert "Query Text" not in text


def test_fewer_of_them(logs):
    text = run("explain-log", logs["stderr"], "--limit", 1, "--min-ms", "450")

    assert "1. " in text
    assert "pg_sleep" in text
    assert "2. " not in text
    assert "6 plans, 1 statement of at least 450 ms, " in text


def test_json(logs):
    found = json.loads(run("explain-log", logs["csvlog"], "--format", "json", "--plans"))

    assert found["version"] == 1
    assert found["log"] == {"plans": 6, "broken": 0, "other_format": 1}
    assert len(found["statements"]) == 5
    twice = next(s for s in found["statements"] if s["count"] == 2)
    assert twice["fingerprint"] == "SELECT * FROM big WHERE text = ?"
    assert twice["total_ms"] > twice["duration_ms"]
    assert twice["plan"]["root"]["relation"] == "big"
    assert twice["text"].startswith("Seq Scan on public.big")
    assert json.loads(run("explain-log", logs["jsonlog"], "--format", "json"))["log"]["plans"] == 6


def command(*arguments):
    """The environment of a process of its own, in this project."""
    return {
        "args": [sys.executable, "-m", "django", "orm_insight", *map(str, arguments)],
        "cwd": Path(__file__).parents[3],
        "env": {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        "text": True,
    }


@pytest.mark.process
def test_standard_input(logs):
    with open(logs["stderr"], "rb") as log:
        done = subprocess.run(
            **command("explain-log", "-", "--limit", 1), stdin=log, capture_output=True
        )

    assert done.returncode == 0, done.stderr
    assert "pg_sleep" in done.stdout


@pytest.mark.process
def test_reader_that_has_seen_enough(file):
    path = file("".join(entry().replace("SELECT 1", f"SELECT {'a' * n}") for n in range(1, 1500)))
    pipe = subprocess.PIPE
    running = command("explain-log", path, "--limit", 2000, "--plans")
    with subprocess.Popen(**running, stdout=pipe, stderr=pipe) as process:
        assert process.stdout.readline() == "1. 12 ms, once\n"
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""
    assert process.returncode == 0


def test_broken_entries_are_told(file):
    truncated = "".join(entry().splitlines(keepends=True)[:3])

    text = run("explain-log", file(truncated + entry()))

    assert text.endswith("1 plan, 1 statement, 1 broken entry skipped.\n")


def test_plan_that_cannot_be_read_is_told_and_the_next_one_is_shown(file):
    deep = '{"Node Type": "Append", "Plans": [' * 5000 + "{}" + "]}" * 5000
    body = f'{{\n  "Query Text": "SELECT deep",\n  "Plan": {deep}\n}}'

    text = run("explain-log", file(entry(body) + entry()), "--plans")

    assert "SELECT 1" in text
    assert ("1 broken entry skipped" in text) != ("Its plan cannot be read" in text)


def test_control_characters_of_a_log_do_not_reach_the_terminal(file):
    body = entry().replace("SELECT 1", "SELECT \\u001b[31m1")

    assert "\x1b" not in run("explain-log", file(body))


def test_missing_file(tmp_path):
    with pytest.raises(CommandError, match=r"There is no file .*none\.log\."):
        run("explain-log", tmp_path / "none.log")


def test_folder(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        run("explain-log", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read(file):
    path = file(entry())
    path.chmod(0)
    with pytest.raises(CommandError, match="cannot be read: Permission denied"):
        run("explain-log", path)


def test_log_without_plans_says_which_settings_are_needed(file):
    with pytest.raises(CommandError, match=r"(?s)no plans in .*auto_explain\.log_format = 'json'"):
        run("explain-log", file("nothing\n"))


def test_plans_in_another_format_say_which_setting_is_needed(file):
    with pytest.raises(CommandError, match=r"(?s)\(1\) are not written as JSON.*log_format"):
        run("explain-log", file(entry("Query Text: SELECT 1\nResult")))


@pytest.mark.parametrize("wrong", [["--limit", "0"], ["--limit", "x"], ["--format", "xml"]])
def test_wrong_options(file, wrong):
    with pytest.raises(CommandError):
        run("explain-log", file(entry()), *wrong)
