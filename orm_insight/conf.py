"""The one setting, ``ORM_INSIGHT``, as a frozen ``Config``.

A value that cannot be used never raises while the project runs: the default takes its place and
a system check (see ``checks``) says so. Only the outermost parts of the package read this module.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string

SETTING = "ORM_INSIGHT"

ShowCallback: TypeAlias = Callable[[HttpRequest], bool]
_Rule: TypeAlias = Callable[[Any], object]

# The largest timeout that PostgreSQL takes, and long enough for any duration.
_MAX_TIMEOUT_MS = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. A key of ``ORM_INSIGHT`` is a field's name in upper case."""

    enabled: bool = True
    """Whether anything is recorded."""

    max_traces: int = 200
    """How many traces are kept; the newest push the oldest out."""

    max_bytes: int = 64 * 2**20
    """How much memory the kept traces may take together, in bytes."""

    max_queries: int = 10_000
    """How many queries a trace keeps; those above are only counted and summed."""

    application_packages: tuple[str, ...] = ()
    """Installed packages that count as application code, such as ``"mycompany.shared"``."""

    ignore_paths: tuple[str, ...] = ()
    """Regular expressions; a request is not recorded where one is found in its path."""

    show_callback: ShowCallback | None = None
    """Who may see traces: takes the request, replaces the built-in rule. May be given as a dotted
    path; one that cannot be imported lets nobody in."""

    redact_params: bool | None = None
    """Whether parameters are withheld; ``None`` withholds them where ``DEBUG`` is off."""

    secret_names: tuple[str, ...] = ("password", "passwd", "token", "secret", "key")
    """Parameters of columns with one of these in their name are withheld always."""

    explain_enabled: bool = True
    """Whether a captured query can be explained from the pages."""

    explain_timeout_ms: int = 10_000
    """How long the database may work on one explanation."""

    explain_lock_timeout_ms: int = 1_000
    """How long an explanation may wait for a lock."""

    repeat_threshold: int = 2
    """How many times a relation must be loaded one by one before it is a hint."""

    slow_query_ms: float = 100.0
    """From which duration a query counts as slow."""

    @property
    def redacts(self) -> bool:
        """``redact_params``, decided."""
        return not settings.DEBUG if self.redact_params is None else self.redact_params

    def ignores(self, path: str) -> bool:
        """Whether requests of this path are not to be recorded."""
        return any(pattern.search(path) for pattern in _compile(self.ignore_paths))


KEYS = tuple(field.name.upper() for field in fields(Config))


class SettingError(Exception):
    """An entry of the setting cannot be used; the text goes on behind the entry's name."""


class NotADictError(SettingError):
    """The setting as a whole is not a dictionary."""


class UnknownKeyError(SettingError):
    """No setting has this name."""


class WrongTypeError(SettingError):
    """The value is of another type."""


class BadValueError(SettingError):
    """The type is right, the value is outside its limits."""


class BadPatternError(SettingError):
    """Not a regular expression."""


class BadCallbackError(SettingError):
    """A dotted path that leads nowhere."""


class Problem(NamedTuple):
    """An entry that is not used, why, and the key that was probably meant."""

    key: str
    error: SettingError
    nearest: str | None = None


@lru_cache(maxsize=1)
def get_config() -> Config:
    """The settings in use. Cached; ``override_settings`` is followed."""
    config, _ = read_config(getattr(settings, SETTING, {}))
    return config


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
            values[name] = _RULES[name](value)
        except UnknownKeyError as error:
            problems.append(Problem(str(key), error, _nearest_key(key)))
        except SettingError as error:
            problems.append(Problem(str(key), error))
            if name == "show_callback":
                values[name] = deny_everybody
    return Config(**values), tuple(problems)


def deny_everybody(request: HttpRequest) -> bool:
    """Stands in for a callback that cannot be used: what was to be guarded stays closed."""
    return False


def _field_of(key: object) -> str:
    if isinstance(key, str) and key.isupper() and key.lower() in _RULES:
        return key.lower()
    raise UnknownKeyError("is no setting")


def _nearest_key(key: object) -> str | None:
    return next(iter(get_close_matches(str(key).upper(), KEYS, n=1)), None)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongTypeError(f"must be True or False, not {reprlib.repr(value)}")
    return value


def _flag_or_none(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise WrongTypeError(f"must be True, False or None, not {reprlib.repr(value)}")
    return value


def _whole_number(smallest: int, largest: float = math.inf) -> _Rule:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongTypeError(f"must be a whole number, not {reprlib.repr(value)}")
        if not smallest <= value <= largest:
            limits = f"at least {smallest}" + (f", at most {largest}" if largest < math.inf else "")
            raise BadValueError(f"must be {limits}, not {value}")
        return value

    return rule


def _duration(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongTypeError(f"must be a number, not {reprlib.repr(value)}")
    if not 0 < value <= _MAX_TIMEOUT_MS:
        raise BadValueError(f"must be above 0, at most {_MAX_TIMEOUT_MS}, not {value}")
    return float(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise WrongTypeError(f"must be a list or tuple of strings, not {reprlib.repr(value)}")
    if not all(value):
        raise BadValueError("must not contain an empty string")
    return tuple(value)


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _texts(value)
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            text = f"holds an impossible regular expression, {reprlib.repr(pattern)}: {error}"
            raise BadPatternError(text) from error
    return patterns


def _packages(value: object) -> tuple[str, ...]:
    packages = _texts(value)
    for package in packages:
        if not all(part.isidentifier() for part in package.split(".")):
            raise BadValueError(f"must hold names as written behind import, not {package!r}")
    return packages


def _callback(value: object) -> ShowCallback | None:
    found = _import(value) if isinstance(value, str) else value
    if found is not None and not callable(found):
        text = "must be callable or the dotted path of a callable"
        raise WrongTypeError(f"{text}, not {reprlib.repr(value)}")
    return found


def _import(path: str) -> object:
    try:
        return import_string(path)
    except Exception as error:  # A module may raise anything while it is imported.
        raise BadCallbackError(f"cannot be imported from {path!r}: {error}") from error


@lru_cache(maxsize=8)
def _compile(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_RULES: Mapping[str, _Rule] = {
    "enabled": _flag,
    "max_traces": _whole_number(1),
    "max_bytes": _whole_number(1),
    "max_queries": _whole_number(1),
    "application_packages": _packages,
    "ignore_paths": _patterns,
    "show_callback": _callback,
    "redact_params": _flag_or_none,
    "secret_names": _texts,
    "explain_enabled": _flag,
    "explain_timeout_ms": _whole_number(1, _MAX_TIMEOUT_MS),
    "explain_lock_timeout_ms": _whole_number(1, _MAX_TIMEOUT_MS),
    "repeat_threshold": _whole_number(2),
    "slow_query_ms": _duration,
}


def _follow_settings(*, setting: str, **_: Any) -> None:
    if setting in {SETTING, "DEBUG"}:
        get_config.cache_clear()


setting_changed.connect(_follow_settings, dispatch_uid="orm_insight_conf")
