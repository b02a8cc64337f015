"""System checks: settings that cannot be used, and pieces that do not fit together.

The ids are stable, so that ``SILENCED_SYSTEM_CHECKS`` can name them; ``docs/settings.md`` lists
them. ``conf`` decides how a bad setting is replaced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.template import engines
from django.urls import get_resolver
from django.utils.module_loading import import_string

from orm_insight.capture.code_roles import is_application
from orm_insight.capture.provenance import missing_hooks
from orm_insight.conf import KEYS, SETTING, Problem, get_config, read_config
from orm_insight.conf.rules import (
    BadCallbackError,
    BadPatternError,
    BadValueError,
    NotADictError,
    RemovedKeyError,
    SettingError,
    UnknownCodeError,
    UnknownKeyError,
    WrongTypeError,
    nearest_code,
)
from orm_insight.imports import late
from orm_insight.model.catalogue import RULES
from orm_insight.stores.private_files import UnsafeFileError

if TYPE_CHECKING:
    from orm_insight.project import ignore_comments
    from orm_insight.reports.silence import IgnoreComment
    from orm_insight.stores import file
else:
    ignore_comments = late("orm_insight.project.ignore_comments")
    file = late("orm_insight.stores.file")

MIDDLEWARE = "orm_insight.middleware.OrmInsightMiddleware"
PANEL = "orm_insight.panel.OrmInsightPanel"
URLS = "orm_insight"

_ERROR_IDS: Mapping[type[SettingError], str] = {
    NotADictError: "orm_insight.E001",
    UnknownKeyError: "orm_insight.E002",
    WrongTypeError: "orm_insight.E003",
    BadValueError: "orm_insight.E004",
    BadPatternError: "orm_insight.E005",
    BadCallbackError: "orm_insight.E006",
    UnknownCodeError: "orm_insight.E007",
}


def run(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return the messages of all checks except ``check_comments``."""
    return [message for check in CHECKS for message in check()]


def check_settings() -> Iterator[checks.CheckMessage]:
    """Report errors in ``ORM_INSIGHT``, where the default is used, and removed keys."""
    _, problems = read_config(getattr(settings, SETTING, {}))
    yield from map(_message, problems)


def check_installation() -> Iterator[checks.CheckMessage]:
    """Warn if nothing records requests, or nothing shows their traces."""
    if not get_config().enabled or _has_panel():
        return
    if not _names(settings.MIDDLEWARE, MIDDLEWARE):
        yield checks.Warning(
            "No requests are recorded: neither the middleware nor the panel is installed.",
            hint=f'Add "{MIDDLEWARE}" at the top of MIDDLEWARE.',
            id="orm_insight.W001",
        )
    elif not _has_dashboard():
        yield checks.Warning(
            "Requests are recorded, but neither the dashboard nor the panel shows them.",
            hint='Add path("_orm/", include("orm_insight.urls")) to the URLconf.',
            id="orm_insight.W002",
        )


def check_visitors() -> Iterator[checks.CheckMessage]:
    """Warn if the toolbar's rule, which is ours too, lets nobody in."""
    own_rule = getattr(settings, "DEBUG_TOOLBAR_CONFIG", {}).get("SHOW_TOOLBAR_CALLBACK")
    is_open = settings.INTERNAL_IPS or own_rule or get_config().show_callback is not None
    if settings.DEBUG and not is_open and _has_dashboard():
        yield checks.Warning(
            "Nobody can see the dashboard: INTERNAL_IPS is empty, so its pages return 404.",
            hint='Set INTERNAL_IPS = ["127.0.0.1"], or SHOW_CALLBACK in ORM_INSIGHT.',
            id="orm_insight.W004",
        )


def check_hooks() -> Iterator[checks.CheckMessage]:
    """Warn if the ORM of this Django has parts that this version does not know."""
    if missing := missing_hooks():
        yield checks.Warning(
            f"These hooks do not match the installed Django: {', '.join(missing)}.",
            hint="Queries are still recorded, but hints that name a relation are missing. A newer "
            "version of orm-insight may support this Django.",
            id="orm_insight.W003",
        )


def check_opentelemetry() -> Iterator[checks.CheckMessage]:
    """Warn if spans cannot be written."""
    if get_config().otel and find_spec("opentelemetry") is None:
        yield checks.Warning(
            "OTEL writes no spans: OpenTelemetry is not installed.",
            hint='Install the extra: pip install "orm-insight[otel]".',
            id="orm_insight.W009",
        )


def check_redis() -> Iterator[checks.CheckMessage]:
    """Warn if traces cannot be shared."""
    if get_config().redis_url is not None and find_spec("redis") is None:
        yield checks.Warning(
            "REDIS_URL shares no traces: the Redis client is not installed.",
            hint='Install the extra: pip install "orm-insight[redis]".',
            id="orm_insight.W010",
        )


def check_file() -> Iterator[checks.CheckMessage]:
    """Warn if traces cannot be stored in the file."""
    config = get_config()
    if config.keep_traces_in is None:
        return
    if config.redis_url is not None:
        yield checks.Warning(
            "KEEP_TRACES_IN has no effect: REDIS_URL keeps the traces in Redis.",
            hint="Set only one of the two.",
            id="orm_insight.W012",
        )
    elif why_not := _why_not_written(config.keep_traces_in):
        yield checks.Warning(
            f"KEEP_TRACES_IN has no effect: {why_not}",
            hint="Set it to a file in an existing folder that the server can write to.",
            id="orm_insight.W013",
        )


def _why_not_written(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"{path.parent} is not a folder."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"{path.parent} is not writable."
    try:
        file.check_ring_file(path)
    except UnsafeFileError as error:
        return str(error)
    except OSError as error:
        return f"{path}: {error.strerror}."
    return None


def check_limits() -> Iterator[checks.CheckMessage]:
    """Warn if the sample rates leave no request to record."""
    config = get_config()
    if config.enabled and not (config.sample_rate or any(config.sample_rates.values())):
        yield checks.Warning(
            "No requests are recorded: SAMPLE_RATE is 0, and no entry of SAMPLE_RATES is above 0.",
            hint="ENABLED = False says so more clearly; ON_DEMAND records only browsers that opt "
            "in.",
            id="orm_insight.W011",
        )


CHECKS = (
    check_settings,
    check_installation,
    check_visitors,
    check_hooks,
    check_opentelemetry,
    check_redis,
    check_file,
    check_limits,
)


def check_comments(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Warn of comments in the source that ignore no hint."""
    comments = {comment.location: comment for comment in _application_comments()}
    return [
        checks.Warning(text, hint=hint, obj=location, id=id)
        for location, comment in comments.items()
        for id, text, hint in _problems_of(comment)
    ]


def _application_comments() -> Iterator[IgnoreComment]:
    for config in apps.get_app_configs():
        if is_application(os.path.join(config.path, "__init__.py")):
            yield from ignore_comments.comments_below(config.path, is_template=False)
    for engine in engines.all():
        for folder in map(str, engine.template_dirs):
            if is_application(os.path.join(folder, "")):
                yield from ignore_comments.comments_below(folder, is_template=True)


def _problems_of(comment: IgnoreComment) -> Iterator[tuple[str, str, str]]:
    if not comment.codes:
        text = "This orm-insight comment is malformed and ignores nothing."
        example = f"Write orm-insight: ignore[{next(iter(RULES))}], with codes of hints."
        yield "orm_insight.W005", text, example
    for code in comment.codes:
        if code not in RULES:
            text = f"This comment names {code}, which is not a hint code."
            yield "orm_insight.W006", text, _did_you_mean(nearest_code(code), sorted(RULES))


def _did_you_mean(nearest: str | None, choices: Sequence[str]) -> str:
    return f"Did you mean {nearest}?" if nearest else f"Known values: {', '.join(choices)}."


def _message(problem: Problem) -> checks.CheckMessage:
    key, error = problem
    entry = SETTING if isinstance(error, NotADictError) else f"{SETTING}[{key!r}]"
    if isinstance(error, RemovedKeyError):
        return checks.Warning(f"{entry} {error}.", hint=error.instead, id="orm_insight.W014")
    hint = "Until then, the default is used."
    if key == "SHOW_CALLBACK":
        hint = "Until then, nobody has access."
    elif isinstance(error, UnknownKeyError):
        hint = _did_you_mean(error.nearest, KEYS)
    elif isinstance(error, UnknownCodeError):
        hint = f"{hint} {_did_you_mean(error.nearest, sorted(RULES))}"
    return checks.Error(f"{entry} {error}.", hint=hint, id=_ERROR_IDS[type(error)])


def _has_panel() -> bool:
    panels = getattr(settings, "DEBUG_TOOLBAR_PANELS", None) or ()
    return apps.is_installed("debug_toolbar") and _names(panels, PANEL)


def _has_dashboard() -> bool:
    return bool(getattr(settings, "ROOT_URLCONF", None)) and URLS in get_resolver().app_dict


def _names(paths: Sequence[str], wanted: str) -> bool:
    """Return whether a class is among these dotted paths, or is a base of one of them."""
    return wanted in paths or any(wanted in _bases(path) for path in paths)


def _bases(path: str) -> Iterator[str]:
    try:
        found = import_string(path)
    except ImportError:
        # Django reports that with a better message when it loads the entry.
        return
    for base in getattr(found, "__mro__", ()):
        yield f"{base.__module__}.{base.__qualname__}"
