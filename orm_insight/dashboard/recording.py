"""The page "Recording": the sample rate, which can be changed, and the limits of the settings."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from orm_insight import insight
from orm_insight.conf import get_config, settings_config
from orm_insight.conf.rules import BadValueError, SettingError, share
from orm_insight.dashboard import access
from orm_insight.dashboard.links import address
from orm_insight.dashboard.responses import answer, see, shell_of
from orm_insight.recording import control
from orm_insight.ui.format import ago, plain
from orm_insight.ui.pages import Shell

_WRONG, _SILENT = 422, 503

_LIMITS: Mapping[str, str] = {
    "on_demand": "Record only requests of browsers that opted in on the dashboard.",
    "only_slow_ms": "Keep only traces that last at least this long, in milliseconds.",
    "only_with_hints": "Keep only traces that have a hint.",
    "ignore_paths": "Do not record requests whose path matches one of these regular expressions.",
    "max_detailed_queries": "How many queries of a trace keep parameters and whole stacks.",
    "max_queries": "How many queries of a trace are kept; others are only counted and summed.",
}
"""Limits that only the settings change, by the names of ``Config``."""


@access.page
@require_http_methods(["GET", "HEAD", "POST"])
def recording(request: HttpRequest) -> HttpResponse:
    """A wrong value changes nothing, and the form comes back as it was typed."""
    if request.method != "POST":
        control.refresh()
        return answer(_page(request, _as_it_is()))
    typed = "" if "settings" in request.POST else request.POST.get("sample_rate", "").strip()
    try:
        control.change_sample_rate(_rate(typed), by=access.name_of(request))
    except SettingError as error:
        return answer(_page(request, typed, error=f"SAMPLE_RATE {error}."), status=_WRONG)
    except control.StoreSilentError as error:
        return answer(_page(request, typed, failure=str(error)), status=_SILENT)
    return see(address("recording"))


def _rate(typed: str) -> float | None:
    """The rate by the rule of the setting; ``None`` where nothing was typed."""
    if not typed:
        return None
    try:
        number = float(typed)
    except ValueError as error:
        raise BadValueError(f"must be a number, not {typed[:40]!r}") from error
    return share(int(number) if number.is_integer() else number)


def _page(request: HttpRequest, typed: str, *, error: str = "", failure: str = "") -> RecordingPage:
    board = control.board()
    return RecordingPage(
        shell=shell_of(request),
        url=address("recording"),
        place=_place(),
        changed=_changed(board.changed_at, board.changed_by),
        problem=failure or control.problem() or insight.store().problem or "",
        rate=RateField(
            value=typed,
            current=plain(get_config().sample_rate),
            setting=plain(settings_config().sample_rate),
            is_changed=board.sample_rate is not None,
            error=error,
        ),
        limits=tuple(_limits()),
    )


def _limits() -> Iterator[Limit]:
    config = get_config()
    for name, meaning in _LIMITS.items():
        yield Limit(label=name.upper(), meaning=meaning, values=_words(getattr(config, name)))


def _words(value: bool | float | tuple[str, ...] | None) -> tuple[str, ...]:  # noqa: FBT001  # as a setting has it
    if isinstance(value, bool):
        return ("on" if value else "off",)
    if value is None:
        return ("no limit",)
    if isinstance(value, tuple):
        return value or ("none",)
    return (plain(value),)


def _as_it_is() -> str:
    rate = control.board().sample_rate
    return "" if rate is None else plain(rate)


def _place() -> str:
    if insight.store().is_shared:
        return (
            "applies to all processes that share the store, within a few seconds, until somebody "
            "resets it to the settings"
        )
    return (
        f"applies only to this process, {os.getpid()} on {socket.gethostname()}, and is lost on "
        "restart"
    )


def _changed(at: str, by: str) -> str:
    if not at:
        return ""
    return f"Changed last {ago(datetime.fromisoformat(at))}" + (f" by {by}." if by else ".")


# Contexts of the page "Recording".


@dataclass(frozen=True, slots=True, kw_only=True)
class RateField:
    """The sample rate: the one in force, the one of the settings, and the text in the field."""

    value: str
    current: str
    setting: str
    is_changed: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit that only the settings change."""

    label: str
    meaning: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPage:
    template: ClassVar[str] = "pages/recording.jinja"
    shell: Shell
    url: str
    place: str
    changed: str
    problem: str
    rate: RateField
    limits: tuple[Limit, ...]
