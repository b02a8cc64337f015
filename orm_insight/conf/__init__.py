"""The one setting, ``ORM_INSIGHT``, as a frozen ``Config``.

A value that cannot be used never raises while the project runs: the default takes its place and
a system check (see ``checks``) says so. Only the outermost parts of the package read this module.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest

from orm_insight.conf import editors, rules
from orm_insight.conf.rules import (
    SERVING_COMMANDS,
    NotADictError,
    RemovedKeyError,
    Rule,
    SettingError,
    ShowCallback,
    UnknownKeyError,
)

SETTING = "ORM_INSIGHT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. A key of ``ORM_INSIGHT`` is a field's name in upper case."""

    enabled: bool = True
    """Turns recording on or off."""

    max_traces: int = 200
    """The number of traces kept; new ones replace the oldest."""

    max_bytes: int = 64 * 2**20
    """The memory limit for all kept traces, in bytes."""

    max_age_hours: int = 24
    """The age, in hours, at which a trace is deleted, unless it is pinned."""

    worst_hours: int = 12
    """The hours for which the worst traces of each endpoint are kept next to the newest."""

    keep_traces_in: Path | None = None
    """A file from which the next process loads the traces of this one; for one process."""

    redis_url: str | None = None
    """A Redis or Valkey that keeps the traces of all processes, instead of the memory of each."""

    redis_prefix: str = "orm_insight"
    """The prefix of all keys."""

    redis_options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the client, such as the files of TLS."""

    max_queries: int = 10_000
    """The number of queries that a trace keeps; others are only counted and summed."""

    max_detailed_queries: int = 5_000
    """The number of these that keep their parameters and whole stacks."""

    follow_threads: bool = False
    """Record threads and thread pools of the application with the trace that starts them."""

    commands: bool = True
    """Record management commands."""

    ignore_commands: tuple[str, ...] = SERVING_COMMANDS
    """Names of commands that are not recorded: those that serve requests or tasks."""

    tasks: bool = True
    """Record tasks of ``django.tasks`` and of Celery."""

    otel: bool = False
    """Also export traces as OpenTelemetry spans."""

    otel_trace_url: str | None = None
    """The address that shows an OpenTelemetry trace, with ``{trace_id}`` in it."""

    application_packages: tuple[str, ...] = ()
    """Installed packages that count as application code, such as ``"mycompany.shared"``."""

    ignore_paths: tuple[str, ...] = ()
    """Regular expressions; a request is not recorded if one of them matches its path."""

    sample_rate: float = 1.0
    """The share of requests that is recorded: 0.1 is one in ten, chosen at random."""

    sample_rates: Mapping[str, float] = field(default_factory=dict)
    """Sample rates for some paths: regular expressions as in ``ignore_paths``; the first match
    decides, and ``sample_rate`` applies to all other paths."""

    only_slow_ms: float | None = None
    """The minimum duration of a request, command or task that is kept; ``None``: no limit."""

    only_with_hints: bool = False
    """Keep requests, commands and tasks only if they have a hint."""

    on_demand: bool = False
    """Record only requests of browsers that opted in on the dashboard."""

    show_callback: ShowCallback | None = None
    """Who may see traces: takes the request, replaces the built-in rule. May be given as a dotted
    path; one that cannot be imported lets nobody in."""

    response_headers: bool = True
    """Add two headers that link a response to its trace, for visitors who may see traces."""

    redact_params: bool | None = None
    """Withhold parameters; ``None`` withholds them if ``DEBUG`` is off."""

    secret_names: tuple[str, ...] = ("password", "passwd", "token", "secret", "key")
    """Parameters of columns with one of these in their name are always withheld."""

    explain_enabled: bool = True
    """Allow EXPLAIN of recorded queries from the pages."""

    explain_timeout_ms: int = 10_000
    """The time limit for one EXPLAIN."""

    explain_lock_timeout_ms: int = 1_000
    """The time that an EXPLAIN may wait for a lock."""

    editor: str | None = None
    """The editor that opens lines of code: a name, or an address with ``{file}`` in it."""

    editor_paths: Mapping[str, str] = field(default_factory=dict)
    """Maps folders of the server, as in a container, to folders of the editor."""

    repeat_threshold: int = 2
    """The number of times a relation must be loaded, once per row, before it is a hint."""

    slow_query_ms: float = 100.0
    """The duration from which a query counts as slow."""

    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes of hints to ignore, by patterns: the path of a request, the name of its URL or view,
    the name of a command. ``"*"`` matches everything."""

    @property
    def redacts(self) -> bool:
        """``redact_params``, decided."""
        return not settings.DEBUG if self.redact_params is None else self.redact_params

    @property
    def may_try_indexes(self) -> bool:
        """Whether an index may be created, tried and rolled back on request."""
        return bool(settings.DEBUG and self.explain_enabled)

    def ignores(self, path: str) -> bool:
        """Whether requests of this path are not to be recorded."""
        return any(pattern.search(path) for pattern in _compile(self.ignore_paths))

    def sample_rate_of(self, path: str) -> float:
        """Which part of the requests of this path is to be recorded."""
        if self.sample_rates:
            patterns = _compile(tuple(self.sample_rates))
            for pattern, rate in zip(patterns, self.sample_rates.values(), strict=True):
                if pattern.search(path):
                    return rate
        return self.sample_rate


_overrides: dict[str, Any] = {}
KEYS = tuple(field.name.upper() for field in fields(Config))


class Problem(NamedTuple):
    """An entry that is not used, and why."""

    key: str
    error: SettingError

    @property
    def nearest(self) -> str | None:
        """What was probably meant."""
        return self.error.nearest


@lru_cache(maxsize=1)
def get_config() -> Config:
    """The settings in use. Cached; ``override_settings`` is followed."""
    config, _ = read_config(getattr(settings, SETTING, {}))
    return replace(config, **_overrides)


def settings_config() -> Config:
    """What the settings say, whatever was changed since."""
    return read_config(getattr(settings, SETTING, {}))[0]


def override(values: Mapping[str, Any]) -> None:
    """Let these values, which keep their rules, replace those of the settings, and no others."""
    _overrides.clear()
    _overrides.update(values)
    get_config.cache_clear()


def read_config(raw: object) -> tuple[Config, tuple[Problem, ...]]:
    """What can be used of a value of the setting, and what cannot."""
    if not isinstance(raw, Mapping):
        error = NotADictError(f"must be a dictionary, not {reprlib.repr(raw)}")
        return Config(), (Problem(SETTING, error),)
    values: dict[str, Any] = {}
    problems = []
    for key, value in raw.items():
        try:
            name = _field_of(key)
            values[name] = RULES_OF_SETTINGS[name](value)
        except (UnknownKeyError, RemovedKeyError) as error:
            problems.append(Problem(str(key), error))
        except SettingError as error:
            problems.append(Problem(str(key), error))
            if name == "show_callback":
                values[name] = deny_everybody
    return Config(**values), tuple(problems)


def deny_everybody(request: HttpRequest) -> bool:
    """Stands in for a callback that cannot be used: what was to be guarded stays closed."""
    return False


def _field_of(key: object) -> str:
    if isinstance(key, str) and key.isupper() and key.lower() in RULES_OF_SETTINGS:
        return key.lower()
    if isinstance(key, str) and key in REMOVED_SETTINGS:
        raise RemovedKeyError("was removed and has no effect", instead=REMOVED_SETTINGS[key])
    close = get_close_matches(key.upper(), KEYS, n=1) if isinstance(key, str) else []
    raise UnknownKeyError("is not a setting", nearest=next(iter(close), None))


@lru_cache(maxsize=8)
def _compile(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


def _follow_settings(*, setting: str, **_: Any) -> None:
    if setting in {SETTING, "DEBUG"}:
        get_config.cache_clear()


setting_changed.connect(_follow_settings, dispatch_uid="orm_insight_conf")


# The rule of each setting, by the names of the fields of ``Config``, and settings of the past.

RULES_OF_SETTINGS: Mapping[str, Rule] = {
    "enabled": rules.flag,
    "max_traces": rules.whole_number(1),
    "max_bytes": rules.whole_number(1),
    "max_age_hours": rules.whole_number(1, rules.MAX_HOURS),
    "worst_hours": rules.whole_number(0, rules.MAX_HOURS),
    "keep_traces_in": rules.path_or_none,
    "redis_url": rules.redis_url,
    "redis_prefix": rules.key_prefix,
    "redis_options": rules.options,
    "max_queries": rules.whole_number(1),
    "max_detailed_queries": rules.whole_number(0),
    "follow_threads": rules.flag,
    "commands": rules.flag,
    "ignore_commands": rules.texts,
    "tasks": rules.flag,
    "otel": rules.flag,
    "otel_trace_url": rules.trace_url,
    "application_packages": rules.packages,
    "ignore_paths": rules.patterns,
    "sample_rate": rules.share,
    "sample_rates": rules.shares_by_pattern,
    "only_slow_ms": rules.duration_or_none,
    "only_with_hints": rules.flag,
    "on_demand": rules.flag,
    "show_callback": rules.callback,
    "response_headers": rules.flag,
    "redact_params": rules.flag_or_none,
    "secret_names": rules.texts,
    "explain_enabled": rules.flag,
    "explain_timeout_ms": rules.whole_number(1, rules.MAX_TIMEOUT_MS),
    "explain_lock_timeout_ms": rules.whole_number(1, rules.MAX_TIMEOUT_MS),
    "editor": editors.editor,
    "editor_paths": editors.editor_paths,
    "repeat_threshold": rules.whole_number(2),
    "slow_query_ms": rules.duration,
    "ignore": rules.codes_by_pattern,
}

_EXPLAINED_ON_REQUEST = (
    "Remove it: a query is explained when somebody presses Explain on its page. For plans of slow "
    "queries without a click, let PostgreSQL log them with auto_explain, and read the log with "
    "manage.py orm_insight explain-log."
)
REMOVED_SETTINGS: Mapping[str, str] = {
    "EXPLAIN_SLOW": _EXPLAINED_ON_REQUEST,
    "EXPLAIN_SLOW_PER_MINUTE": _EXPLAINED_ON_REQUEST,
}
"""Keys that this version no longer has, and how to go on without each."""
