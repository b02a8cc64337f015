"""The setting: what is used, what falls back, and that nothing raises."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import override_settings

from orm_insight.conf import KEYS, REMOVED_SETTINGS, Config, deny_everybody, get_config, read_config
from orm_insight.conf.rules import (
    BadCallbackError,
    BadPatternError,
    BadValueError,
    NotADictError,
    RemovedKeyError,
    UnknownCodeError,
    UnknownKeyError,
    WrongTypeError,
)

DOCS = (Path(__file__).parent.parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
DEFAULTS = Config()


def allow_everybody(request: HttpRequest) -> bool:
    return True


@override_settings(ORM_INSIGHT={})
def test_no_setting_means_defaults():
    with override_settings():
        del settings.ORM_INSIGHT

        assert get_config() == DEFAULTS


def test_keys_are_field_names_in_upper_case():
    config, problems = read_config({"MAX_TRACES": 5, "EXPLAIN_ENABLED": False})

    assert (config.max_traces, config.explain_enabled, problems) == (5, False, ())


def test_override_settings_is_followed_and_undone():
    with override_settings(ORM_INSIGHT={"MAX_TRACES": 7}):
        assert get_config().max_traces == 7

    assert get_config().max_traces == DEFAULTS.max_traces


def test_config_is_read_once():
    assert get_config() is get_config()


def test_a_new_value_of_debug_is_a_new_config():
    before = get_config()

    with override_settings(DEBUG=not settings.DEBUG):
        assert get_config() is not before


@pytest.mark.parametrize(
    ("debug", "redact_params", "redacts"),
    [
        (True, None, False),
        (False, None, True),
        (True, True, True),
        (False, False, False),
    ],
)
def test_parameters_are_redacted_without_debug_unless_told_otherwise(debug, redact_params, redacts):
    with override_settings(DEBUG=debug, ORM_INSIGHT={"REDACT_PARAMS": redact_params}):
        assert get_config().redacts is redacts


@pytest.mark.parametrize(
    ("key", "value", "used"),
    [
        ("ENABLED", False, False),
        ("MAX_BYTES", 1, 1),
        ("APPLICATION_PACKAGES", ["shop", "mycompany.shared"], ("shop", "mycompany.shared")),
        ("IGNORE_PATHS", [r"^/health/$"], (r"^/health/$",)),
        ("IGNORE_PATHS", [], ()),
        ("IGNORE", {}, {}),
        ("SAMPLE_RATE", 0, 0.0),
        ("SAMPLE_RATES", {r"^/api/": 0.1, r"^/pay/": 1}, {r"^/api/": 0.1, r"^/pay/": 1.0}),
        ("ONLY_SLOW_MS", None, None),
        ("ONLY_SLOW_MS", 200, 200.0),
        (
            "IGNORE",
            {"/admin/*": ["ORM101"], "*": ("ORM501", "ORM205")},
            {"/admin/*": ("ORM101",), "*": ("ORM501", "ORM205")},
        ),
        ("SECRET_NAMES", ("iban",), ("iban",)),
        ("SHOW_CALLBACK", allow_everybody, allow_everybody),
        ("SHOW_CALLBACK", "tests.conf.test_settings.allow_everybody", allow_everybody),
        ("SHOW_CALLBACK", None, None),
        ("OTEL_TRACE_URL", "https://a.example/{trace_id}", "https://a.example/{trace_id}"),
        ("IGNORE_COMMANDS", ["import"], ("import",)),
        ("REPEAT_THRESHOLD", 2, 2),
        ("SLOW_QUERY_MS", 5, 5.0),
        ("SLOW_QUERY_MS", 0.5, 0.5),
        ("EXPLAIN_TIMEOUT_MS", 2**31 - 1, 2**31 - 1),
    ],
)
def test_value_is_used(key, value, used):
    config, problems = read_config({key: value})

    assert problems == ()
    assert getattr(config, key.lower()) == used


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("ENABLED", 1, WrongTypeError),
        ("ENABLED", "yes", WrongTypeError),
        ("ENABLED", None, WrongTypeError),
        ("REDACT_PARAMS", "no", WrongTypeError),
        ("MAX_TRACES", "200", WrongTypeError),
        ("MAX_TRACES", True, WrongTypeError),
        ("MAX_TRACES", 10.5, WrongTypeError),
        ("MAX_TRACES", 0, BadValueError),
        ("MAX_BYTES", -1, BadValueError),
        ("MAX_QUERIES", 0, BadValueError),
        ("EXPLAIN_TIMEOUT_MS", 0, BadValueError),
        ("EXPLAIN_TIMEOUT_MS", 2**31, BadValueError),
        ("EXPLAIN_LOCK_TIMEOUT_MS", -5, BadValueError),
        ("REPEAT_THRESHOLD", 1, BadValueError),
        ("SLOW_QUERY_MS", "100", WrongTypeError),
        ("SLOW_QUERY_MS", True, WrongTypeError),
        ("SLOW_QUERY_MS", 0, BadValueError),
        ("SLOW_QUERY_MS", float("nan"), BadValueError),
        ("SLOW_QUERY_MS", float("inf"), BadValueError),
        ("SLOW_QUERY_MS", 10**400, BadValueError),
        ("SECRET_NAMES", "password", WrongTypeError),
        ("SECRET_NAMES", [b"password"], WrongTypeError),
        ("SECRET_NAMES", {"password"}, WrongTypeError),
        ("SECRET_NAMES", ["token", ""], BadValueError),
        ("APPLICATION_PACKAGES", ["my-package"], BadValueError),
        ("APPLICATION_PACKAGES", ["shop."], BadValueError),
        ("IGNORE_PATHS", ["^/ok", "("], BadPatternError),
        ("IGNORE_PATHS", ["a{99999999999}"], BadPatternError),
        ("IGNORE_PATHS", r"^/health", WrongTypeError),
        ("SAMPLE_RATE", True, WrongTypeError),
        ("SAMPLE_RATE", 1.5, BadValueError),
        ("SAMPLE_RATE", float("nan"), BadValueError),
        ("SAMPLE_RATES", [0.5], WrongTypeError),
        ("SAMPLE_RATES", {7: 0.5}, WrongTypeError),
        ("SAMPLE_RATES", {"(": 0.5}, BadPatternError),
        ("SAMPLE_RATES", {"^/api/": -0.1}, BadValueError),
        ("ONLY_SLOW_MS", 0, BadValueError),
        ("OTEL", 1, WrongTypeError),
        ("OTEL_TRACE_URL", 7, WrongTypeError),
        ("OTEL_TRACE_URL", "javascript:alert('{trace_id}')", BadValueError),
        ("OTEL_TRACE_URL", "https://example.org/", BadValueError),
        ("OTEL_TRACE_URL", "https://example.org/{{trace_id}}", BadValueError),
        ("OTEL_TRACE_URL", "https://example.org/{trace_id}/{user}", BadValueError),
        ("OTEL_TRACE_URL", "https://example.org/{trace_id}/{", BadValueError),
        ("OTEL_TRACE_URL", "https://example.org/{trace_id}/{trace_id.x}", BadValueError),
        ("COMMANDS", None, WrongTypeError),
        ("IGNORE_COMMANDS", "migrate", WrongTypeError),
        ("TASKS", "no", WrongTypeError),
        ("IGNORE", ["ORM101"], WrongTypeError),
        ("IGNORE", {7: ["ORM101"]}, WrongTypeError),
        ("IGNORE", {"*": "ORM101"}, WrongTypeError),
        ("IGNORE", {"*": [101]}, WrongTypeError),
        ("IGNORE", {"*": [""]}, BadValueError),
        ("IGNORE", {"": ["ORM101"]}, BadValueError),
        ("IGNORE", {"*": ["ORM101", "ORM999"]}, UnknownCodeError),
        ("IGNORE", {"*": ["orm101"]}, UnknownCodeError),
        ("IGNORE", {"*": ["*"]}, UnknownCodeError),
    ],
)
def test_default_takes_the_place_of_a_wrong_value(key, value, error):
    config, [problem] = read_config({key: value})

    assert config == DEFAULTS
    assert (problem.key, type(problem.error)) == (key, error)


@pytest.mark.parametrize("raw", [None, [], "ENABLED", [("ENABLED", False)], 1])
def test_default_takes_the_place_of_what_is_no_dictionary(raw):
    config, [problem] = read_config(raw)

    assert config == DEFAULTS
    assert isinstance(problem.error, NotADictError)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("MAX_TRACE", "MAX_TRACES"),
        ("max_traces", "MAX_TRACES"),
        ("Enabled", "ENABLED"),
        ("REDACT_PARAMETERS", "REDACT_PARAMS"),
        ("QQQQ", None),
        (None, None),
        (7, None),
    ],
)
def test_unknown_key_is_left_out_and_the_nearest_one_named(key, nearest):
    config, [problem] = read_config({key: 5})

    assert config == DEFAULTS
    assert isinstance(problem.error, UnknownKeyError)
    assert problem.error.nearest == nearest


@pytest.mark.parametrize("key", sorted(REMOVED_SETTINGS))
def test_removed_key_is_left_out_and_no_setting(key):
    config, [problem] = read_config({key: True})

    assert config == DEFAULTS
    assert key not in KEYS
    assert isinstance(problem.error, RemovedKeyError)
    assert (problem.key, problem.error.instead) == (key, REMOVED_SETTINGS[key])


def test_wrong_value_does_not_harm_the_others():
    config, problems = read_config({"MAX_TRACES": "many", "MAX_BYTES": 1_000})

    assert (config.max_traces, config.max_bytes) == (DEFAULTS.max_traces, 1_000)
    assert [problem.key for problem in problems] == ["MAX_TRACES"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("tests.conf.test_settings.nobody_wrote_this", BadCallbackError),
        ("no.such.module", BadCallbackError),
        ("not_dotted", BadCallbackError),
        ("", BadCallbackError),
        ("tests.conf.test_settings.DOCS", WrongTypeError),
        (7, WrongTypeError),
    ],
)
def test_callback_that_cannot_be_used_lets_nobody_in(value, error):
    config, [problem] = read_config({"SHOW_CALLBACK": value})

    assert isinstance(problem.error, error)
    assert config.show_callback is deny_everybody
    assert config.show_callback(HttpRequest()) is False


def test_callback_in_a_module_that_raises_lets_nobody_in(tmp_path, monkeypatch):
    (tmp_path / "broken_callback.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)

    config, [problem] = read_config({"SHOW_CALLBACK": "broken_callback.show"})

    assert config.show_callback is deny_everybody
    assert "division by zero" in str(problem.error)


def test_ignored_paths_are_searched():
    config = Config(ignore_paths=(r"^/health/$", r"\.png$"))

    assert [config.ignores(path) for path in ("/health/", "/a/b.png", "/health/x", "/")] == [
        True,
        True,
        False,
        False,
    ]


def test_nothing_is_ignored_by_default():
    assert not DEFAULTS.ignores("/static/logo.png")


def test_every_default_passes_its_own_rule():
    raw = {field.name.upper(): getattr(DEFAULTS, field.name) for field in fields(Config)}

    assert read_config(raw) == (DEFAULTS, ())


@pytest.mark.parametrize("field", fields(Config), ids=lambda field: field.name)
def test_every_field_is_documented_with_its_default(field):
    rows = [line for line in DOCS.splitlines() if line.startswith(f"| `{field.name.upper()}` |")]

    assert len(rows) == 1
    documented = rows[0].split("|")[2].strip().strip("`")
    assert ast.literal_eval(documented) == getattr(DEFAULTS, field.name)


def test_no_other_setting_is_documented():
    rows = [line.split("`")[1] for line in DOCS.splitlines() if line.startswith("| `")]

    assert {row for row in rows if row.isupper()} == set(KEYS)
