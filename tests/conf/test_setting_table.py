"""Every setting has a rule, and the one for a path."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from orm_insight.conf import RULES_OF_SETTINGS, Config, read_config
from orm_insight.conf.rules import BadValueError, WrongTypeError


def test_every_field_has_a_rule():
    assert sorted(RULES_OF_SETTINGS) == sorted(field.name for field in fields(Config))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (7, WrongTypeError),
        (b"/tmp/traces", WrongTypeError),
        ("traces", BadValueError),
        (Path("kept/traces"), BadValueError),
        ("", BadValueError),
        ("/", BadValueError),
        ("/tmp/tra\0ces", BadValueError),
    ],
)
def test_file_that_cannot_be_one(value, error):
    config, [problem] = read_config({"KEEP_TRACES_IN": value})

    assert isinstance(problem.error, error)
    assert config.keep_traces_in is None


@pytest.mark.parametrize("value", ["/tmp/shop.traces", Path("/tmp/shop.traces")])
def test_file_is_a_text_or_a_path(value):
    config, problems = read_config({"KEEP_TRACES_IN": value})

    assert (config.keep_traces_in, problems) == (Path("/tmp/shop.traces"), ())
