"""The rules that values of the setting ``ORM_INSIGHT`` must keep, and the errors of other values.

A rule takes the value as written and returns it as used, or raises ``SettingError``.
"""

from __future__ import annotations

import math
import os
import re
import reprlib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from django.http import HttpRequest
from django.utils.module_loading import import_string

from orm_insight.model.catalogue import RULES

ShowCallback: TypeAlias = Callable[[HttpRequest], bool]
Rule: TypeAlias = Callable[[Any], object]
Result = TypeVar("Result")

# The largest timeout that PostgreSQL takes, and long enough for any duration.
MAX_TIMEOUT_MS = 2**31 - 1

MAX_HOURS = 24 * 366
SERVING_COMMANDS = (
    "celery",
    "db_worker",
    "dbshell",
    "flush",
    "orm_insight",
    "process_tasks",
    "procrastinate",
    "qcluster",
    "rqscheduler",
    "rqworker",
    "run_huey",
    "rundramatiq",
    "runserver",
    "runserver_plus",
    "runworker",
    "shell",
    "shell_plus",
    "test",
    "testserver",
)
"""Commands that serve, wait or hold a session, each of whose pieces of work is what counts."""

_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class SettingError(Exception):
    """An entry of the setting cannot be used. The text continues a sentence after the entry's name.

    ``nearest`` is the value that was probably meant, if there is one.
    """

    def __init__(self, text: str, *, nearest: str | None = None) -> None:
        super().__init__(text)
        self.nearest = nearest


class NotADictError(SettingError):
    """The setting as a whole is not a dictionary."""


class UnknownKeyError(SettingError):
    """No setting has this name."""


class RemovedKeyError(SettingError):
    """A removed setting; ``instead`` says how to do without it."""

    def __init__(self, text: str, *, instead: str) -> None:
        super().__init__(text)
        self.instead = instead


class WrongTypeError(SettingError):
    """The value is of another type."""


class BadValueError(SettingError):
    """The type is right, the value is outside its limits."""


class BadPatternError(SettingError):
    """The text is no regular expression."""


class BadCallbackError(SettingError):
    """A dotted path that leads nowhere."""


class UnknownCodeError(SettingError):
    """No hint has this code."""


def wrong(wanted: str, value: object) -> WrongTypeError:
    return WrongTypeError(f"must be {wanted}, not {reprlib.repr(value)}")


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise wrong("True or False", value)
    return value


def flag_or_none(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise wrong("True, False or None", value)
    return value


def whole_number(smallest: int, largest: float = math.inf) -> Rule:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("a whole number", value)
        if not smallest <= value <= largest:
            limits = f"at least {smallest}" + (f", at most {largest}" if largest < math.inf else "")
            raise BadValueError(f"must be {limits}, not {value}")
        return value

    return rule


def duration(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong("a number", value)
    if not 0 < value <= MAX_TIMEOUT_MS:
        raise BadValueError(f"must be above 0, at most {MAX_TIMEOUT_MS}, not {value}")
    return float(value)


def duration_or_none(value: object) -> float | None:
    return None if value is None else duration(value)


def share(value: object) -> float:
    """Accept a part of a whole, such as 0.1 for one in ten."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong("a number from 0 to 1", value)
    if not 0 <= value <= 1:
        raise BadValueError(f"must be from 0 to 1, not {value}")
    return float(value)


def shares_by_pattern(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise wrong("a dictionary from regular expressions to numbers", value)
    patterns(list(value))
    return {pattern: _entry(pattern, part, share) for pattern, part in value.items()}


def _entry(pattern: str, value: object, rule: Callable[[object], Result]) -> Result:
    try:
        return rule(value)
    except SettingError as error:
        text = f"has an entry for {pattern!r} that {error}"
        raise type(error)(text, nearest=error.nearest) from error


def redis_url(value: object) -> str | None:
    """Accept the URL of a server. Errors do not show it, because it may contain a password."""
    if value is not None and not isinstance(value, str):
        raise WrongTypeError(f"must be a string or None, not a {type(value).__name__}")
    if value is not None and not value.startswith(_REDIS_SCHEMES):
        raise BadValueError(f"must begin with one of {', '.join(_REDIS_SCHEMES)}")
    return value


def trace_url(value: object) -> str | None:
    """Accept a URL with a place for the id of a trace, and optionally of a span."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong("a string or None", value)
    if not value.startswith(("http://", "https://")):
        raise BadValueError(f"must begin with http:// or https://, not be {reprlib.repr(value)}")
    try:
        is_filled = "\0" in value.format(trace_id="\0", span_id="")
    except (AttributeError, LookupError, ValueError) as error:
        raise BadValueError(f"has fields other than trace_id and span_id: {error}") from error
    if not is_filled:
        raise BadValueError("must contain {trace_id} for the id")
    return value


def path_or_none(value: object) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise wrong("a path or None", value)
    path = Path(value)
    if not path.is_absolute() or not path.name or "\0" in str(path):
        # A relative path would depend on where the process was started.
        text = 'must be the absolute path of a file, such as BASE_DIR / "traces.oi"'
        raise BadValueError(f"{text}, not {reprlib.repr(str(path))}")
    return path


def key_prefix(value: object) -> str:
    if not isinstance(value, str):
        raise wrong("a string", value)
    if not value or set(value) & set("{}"):
        raise BadValueError("must not be empty or contain braces")
    return value


def options(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise WrongTypeError(f"must be a dictionary of arguments, not a {type(value).__name__}")
    return dict(value)


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise wrong("a list or tuple of strings", value)
    if not all(value):
        raise BadValueError("must not contain an empty string")
    return tuple(value)


def patterns(value: object) -> tuple[str, ...]:
    patterns = texts(value)
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            text = f"contains an invalid regular expression, {reprlib.repr(pattern)}: {error}"
            raise BadPatternError(text) from error
    return patterns


def packages(value: object) -> tuple[str, ...]:
    packages = texts(value)
    for package in packages:
        if not all(part.isidentifier() for part in package.split(".")):
            raise BadValueError(f"must contain names as used after import, not {package!r}")
    return packages


def callback(value: object) -> ShowCallback | None:
    found = _import(value) if isinstance(value, str) else value
    if found is not None and not callable(found):
        raise wrong("callable or the dotted path of a callable", value)
    return found


def _import(path: str) -> object:
    try:
        return import_string(path)
    except Exception as error:  # A module may raise anything while it is imported.
        raise BadCallbackError(f"cannot be imported from {path!r}: {error}") from error


def codes_by_pattern(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise wrong("a dictionary from patterns to codes of hints", value)
    if "" in value:
        raise BadValueError('must not have an empty pattern; "*" matches everything')
    return {pattern: _codes(_entry(pattern, codes, texts)) for pattern, codes in value.items()}


def _codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if code not in RULES:
            raise UnknownCodeError(
                f"names {code!r}, which is not a hint code", nearest=nearest_code(code)
            )
    return codes


def nearest_code(code: str) -> str | None:
    """Return the hint code that was probably meant."""
    return next(iter(get_close_matches(code.upper(), sorted(RULES), n=1)), None)
