"""System checks: settings that cannot be used, and pieces that do not fit together.

The ids are stable, so that ``SILENCED_SYSTEM_CHECKS`` can name them; ``docs/settings.md`` lists
them. The checks report; what happens in spite of a bad setting is decided in ``conf``.
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


# System checks of what keeps the traces; ``checks`` registers them.


def check_redis(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where traces are to be shared and cannot be."""
    if get_config().redis_url is None or find_spec("redis") is not None:
        return []
    return [
        checks.Warning(
            "REDIS_URL shares no traces: the Redis client is not installed.",
            hint='Install the extra: pip install "orm-insight[redis]".',
            id="orm_insight.W010",
        )
    ]


def check_file(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """A warning where traces are to be kept in a file and cannot be."""
    config = get_config()
    if config.keep_traces_in is None:
        return []
    if config.redis_url is not None:
        return [
            checks.Warning(
                "KEEP_TRACES_IN has no effect: REDIS_URL keeps the traces in Redis.",
                hint="Set only one of the two.",
                id="orm_insight.W012",
            )
        ]
    why_not = _why_not_written(config.keep_traces_in)
    if why_not is None:
        return []
    return [
        checks.Warning(
            f"KEEP_TRACES_IN has no effect: {why_not}",
            hint="Set it to a file in an existing folder that the server can write to.",
            id="orm_insight.W013",
        )
    ]


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


def check_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Errors in ``ORM_INSIGHT``; the default is used in place of each. Warnings of removed keys."""
    _, problems = read_config(getattr(settings, SETTING, {}))
    return [_message(problem) for problem in problems]


def check_installation(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Warnings about requests that nothing records, or traces that nothing shows."""
    if not get_config().enabled:
        return []
    has_panel = _has_panel()
    if not has_panel and not _names(settings.MIDDLEWARE, MIDDLEWARE):
        return [
            checks.Warning(
                "No requests are recorded: neither the middleware nor the panel is installed.",
                hint=f'Add "{MIDDLEWARE}" at the top of MIDDLEWARE.',
                id="orm_insight.W001",
            )
        ]
    if not has_panel and not _has_dashboard():
        return [
            checks.Warning(
                "Requests are recorded, but neither the dashboard nor the panel shows them.",
                hint='Add path("_orm/", include("orm_insight.urls")) to the URLconf.',
                id="orm_insight.W002",
            )
        ]
    return []


def check_visitors(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where the toolbar's rule, which is ours too, lets nobody in."""
    own_rule = getattr(settings, "DEBUG_TOOLBAR_CONFIG", {}).get("SHOW_TOOLBAR_CALLBACK")
    is_open = settings.INTERNAL_IPS or own_rule or get_config().show_callback is not None
    if is_open or not settings.DEBUG or not _has_dashboard():
        return []
    return [
        checks.Warning(
            "Nobody can see the dashboard: INTERNAL_IPS is empty, so its pages return 404.",
            hint='Set INTERNAL_IPS = ["127.0.0.1"], or SHOW_CALLBACK in ORM_INSIGHT.',
            id="orm_insight.W004",
        )
    ]


def check_hooks(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where parts of the ORM are not as this version knows them."""
    missing = missing_hooks()
    if not missing:
        return []
    return [
        checks.Warning(
            f"These hooks do not match the installed Django: {', '.join(missing)}.",
            hint="Queries are still recorded, but hints that name a relation are missing. A newer "
            "version of orm-insight may support this Django.",
            id="orm_insight.W003",
        )
    ]


def check_opentelemetry(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where spans are to be written and cannot be."""
    if not get_config().otel or find_spec("opentelemetry") is not None:
        return []
    return [
        checks.Warning(
            "OTEL writes no spans: OpenTelemetry is not installed.",
            hint='Install the extra: pip install "orm-insight[otel]".',
            id="orm_insight.W009",
        )
    ]


def check_limits(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where the limits leave no request to be recorded."""
    config = get_config()
    if not config.enabled or config.sample_rate or any(config.sample_rates.values()):
        return []
    return [
        checks.Warning(
            "No requests are recorded: SAMPLE_RATE is 0, and no entry of SAMPLE_RATES is above 0.",
            hint="ENABLED = False says so more clearly; ON_DEMAND records only browsers that opt "
            "in.",
            id="orm_insight.W011",
        )
    ]


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


def run(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The messages of all checks but ``check_comments``."""
    return [message for check in CHECKS for message in check(app_configs, **kwargs)]


def check_comments(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Warnings about comments in the source that can silence nothing."""
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
    """Whether a class is among these dotted paths, itself or as a base of one of them."""
    return wanted in paths or any(wanted in _bases(path) for path in paths)


def _bases(path: str) -> Iterator[str]:
    try:
        found = import_string(path)
    except ImportError:
        # Django itself says so, with a better message, when it loads the entry.
        return
    for base in getattr(found, "__mro__", ()):
        yield f"{base.__module__}.{base.__qualname__}"
