"""The one setting, ``ORM_INSIGHT``, as a frozen ``Config``.

A value that cannot be used never raises while the project runs: the default takes its place and
a system check (see ``checks``) says so. Only the outermost parts of the package read this module.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

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
    """All settings, each with the rule that its value must keep.

    A key of ``ORM_INSIGHT`` is a field's name in upper case.
    """

    enabled: Annotated[bool, rules.flag] = True
    """Record anything at all."""

    max_traces: Annotated[int, rules.whole_number(1)] = 200
    """The number of traces in the ring buffer; new traces replace the oldest."""

    max_bytes: Annotated[int, rules.whole_number(1)] = 64 * 2**20
    """The memory that all stored traces may take together, in bytes."""

    max_age_hours: Annotated[int, rules.whole_number(1, rules.MAX_HOURS)] = 24
    """The age in hours after which a trace is deleted unless it is pinned."""

    worst_hours: Annotated[int, rules.whole_number(0, rules.MAX_HOURS)] = 12
    """Hours for which the worst traces of each endpoint are kept although newer ones exist."""

    keep_traces_in: Annotated[Path | None, rules.path_or_none] = None
    """A file that carries the traces over a restart. Only one process can use it."""

    redis_url: Annotated[str | None, rules.redis_url] = None
    """A Redis or Valkey server that stores the traces of all processes."""

    redis_prefix: Annotated[str, rules.key_prefix] = "orm_insight"
    """The prefix of all keys in Redis."""

    redis_options: Annotated[Mapping[str, Any], rules.options] = field(default_factory=dict)
    """More arguments for the Redis client, such as TLS files."""

    max_queries: Annotated[int, rules.whole_number(1)] = 10_000
    """Queries that a trace stores; more are only counted and summed."""

    max_detailed_queries: Annotated[int, rules.whole_number(0)] = 5_000
    """Queries of a trace that are stored with parameters and the whole stack."""

    follow_threads: Annotated[bool, rules.flag] = False
    """Record the application's threads and thread pools as a part of what starts them."""

    commands: Annotated[bool, rules.flag] = True
    """Record management commands."""

    ignore_commands: Annotated[tuple[str, ...], rules.texts] = SERVING_COMMANDS
    """Management commands that are not recorded, such as servers and workers."""

    tasks: Annotated[bool, rules.flag] = True
    """Record tasks of ``django.tasks`` and of Celery."""

    otel: Annotated[bool, rules.flag] = False
    """Also write traces as OpenTelemetry spans."""

    otel_trace_url: Annotated[str | None, rules.trace_url] = None
    """The URL of a trace in your OpenTelemetry tool, with ``{trace_id}`` in it."""

    application_packages: Annotated[tuple[str, ...], rules.packages] = ()
    """Installed packages that count as application code, such as ``"mycompany.shared"``."""

    ignore_paths: Annotated[tuple[str, ...], rules.patterns] = ()
    """Regular expressions. A request is not recorded if one of them is found in its path."""

    sample_rate: Annotated[float, rules.share] = 1.0
    """The share of requests that is recorded: 0.1 is one in ten, drawn for each request."""

    sample_rates: Annotated[Mapping[str, float], rules.shares_by_pattern] = field(
        default_factory=dict
    )
    """Sample rates by regular expression, as in ``ignore_paths``. The first that is found in a path
    decides; ``sample_rate`` applies to all other paths."""

    only_slow_ms: Annotated[float | None, rules.duration_or_none] = None
    """Keep only requests, commands and tasks that last at least this long; ``None`` keeps all."""

    only_with_hints: Annotated[bool, rules.flag] = False
    """Keep only requests, commands and tasks that have a hint."""

    on_demand: Annotated[bool, rules.flag] = False
    """Record only requests of browsers that opted in on the dashboard."""

    show_callback: Annotated[ShowCallback | None, rules.callback] = None
    """A callable that takes the request and returns whether its user may see traces.

    It replaces the built-in rule. A dotted path works too; one that cannot be imported lets nobody
    in.
    """

    response_headers: Annotated[bool, rules.flag] = True
    """Add two headers with the address of the trace, for those who may see traces."""

    redact_params: Annotated[bool | None, rules.flag_or_none] = None
    """Withhold all parameters; ``None`` withholds them if ``DEBUG`` is off."""

    secret_names: Annotated[tuple[str, ...], rules.texts] = (
        "password",
        "passwd",
        "token",
        "secret",
        "key",
    )
    """Parameters of columns with one of these in their name are always withheld."""

    explain_enabled: Annotated[bool, rules.flag] = True
    """Allow EXPLAIN of recorded queries from the pages."""

    explain_timeout_ms: Annotated[int, rules.whole_number(1, rules.MAX_TIMEOUT_MS)] = 10_000
    """The statement timeout of an EXPLAIN."""

    explain_lock_timeout_ms: Annotated[int, rules.whole_number(1, rules.MAX_TIMEOUT_MS)] = 1_000
    """The lock timeout of an EXPLAIN."""

    editor: Annotated[str | None, editors.editor] = None
    """The editor that links to source code open: a name, or a URL with ``{file}`` in it."""

    editor_paths: Annotated[Mapping[str, str], editors.editor_paths] = field(default_factory=dict)
    """Folders of the server, such as those of a container, and their paths for the editor."""

    repeat_threshold: Annotated[int, rules.whole_number(2)] = 2
    """The number of equal lazy loads from which they are a hint."""

    slow_query_ms: Annotated[float, rules.duration] = 100.0
    """The duration from which a query counts as slow."""

    ignore: Annotated[Mapping[str, tuple[str, ...]], rules.codes_by_pattern] = field(
        default_factory=dict
    )
    """Hint codes to ignore, by a pattern of the request's path, the name of its URL or view, or the
    name of a command. ``"*"`` matches everything."""

    @property
    def redacts(self) -> bool:
        """Return whether parameters are withheld."""
        return not settings.DEBUG if self.redact_params is None else self.redact_params

    @property
    def may_try_indexes(self) -> bool:
        """Return whether an index may be created, tried and rolled back on request."""
        return bool(settings.DEBUG and self.explain_enabled)

    def ignores(self, path: str) -> bool:
        return any(pattern.search(path) for pattern in _compile(self.ignore_paths))

    def sample_rate_of(self, path: str) -> float:
        """The share of the requests of this path that is recorded."""
        if self.sample_rates:
            patterns = _compile(tuple(self.sample_rates))
            for pattern, rate in zip(patterns, self.sample_rates.values(), strict=True):
                if pattern.search(path):
                    return rate
        return self.sample_rate


RULES_OF_SETTINGS: Mapping[str, Rule] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Config, include_extras=True).items()
}
KEYS = tuple(map(str.upper, RULES_OF_SETTINGS))
_EXPLAINED_ON_REQUEST = (
    "Remove it: a query is explained when somebody presses Explain on its page. For plans of slow "
    "queries without a click, let PostgreSQL log them with auto_explain, and read the log with "
    "manage.py orm_insight explain-log."
)
REMOVED_SETTINGS: Mapping[str, str] = {
    "EXPLAIN_SLOW": _EXPLAINED_ON_REQUEST,
    "EXPLAIN_SLOW_PER_MINUTE": _EXPLAINED_ON_REQUEST,
}
"""Removed keys, and advice on how to do without each."""

_overrides: dict[str, Any] = {}


class Problem(NamedTuple):
    """An entry that is not used, and why."""

    key: str
    error: SettingError


@lru_cache(maxsize=1)
def get_config() -> Config:
    """The settings in use. Cached; ``override_settings`` is followed."""
    config, _ = read_config(getattr(settings, SETTING, {}))
    return replace(config, **_overrides)


def settings_config() -> Config:
    """The settings without the overrides of the running process."""
    return read_config(getattr(settings, SETTING, {}))[0]


def override(values: Mapping[str, Any]) -> None:
    """Replace these values of the settings, and drop all earlier overrides, without a check."""
    _overrides.clear()
    _overrides.update(values)
    get_config.cache_clear()


def read_config(raw: object) -> tuple[Config, tuple[Problem, ...]]:
    """The usable part of a value of ``ORM_INSIGHT``, and a problem for each other entry."""
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
    """Stand in for a callback that cannot be used: nobody gets in."""
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
