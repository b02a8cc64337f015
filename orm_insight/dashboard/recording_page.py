"""The page "Recording": what is recorded and kept now, and the form that changes it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from orm_insight import insight, steering
from orm_insight.conf import checked, get_config, settings_config
from orm_insight.dashboard import access
from orm_insight.dashboard.links import address
from orm_insight.dashboard.responses import answer, see, shell_of
from orm_insight.setting_rules import BadValueError, SettingError
from orm_insight.ui.format import ago, plain
from orm_insight.ui.recording import LimitField, RecordingPage

_WRONG, _SILENT = 422, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """``kind`` is how the value is written in the form."""

    kind: Literal["flag", "number", "lines"]
    meaning: str


_LIMITS: Mapping[str, _Limit] = {
    "on_demand": _Limit(
        kind="flag", meaning="Record only requests of browsers that asked for it in the list."
    ),
    "sample_rate": _Limit(
        kind="number", meaning="Which part of the requests is recorded: 0.1 is one in ten."
    ),
    "only_slow_ms": _Limit(
        kind="number",
        meaning="Keep only what lasts so many milliseconds or more; none keeps all.",
    ),
    "only_with_hints": _Limit(
        kind="flag", meaning="Keep only traces in which there is something to repair."
    ),
    "ignore_paths": _Limit(
        kind="lines",
        meaning="Record no request in whose path one of these regular expressions is found, "
        "one a line.",
    ),
    "max_detailed_queries": _Limit(
        kind="number", meaning="So many queries of a trace keep parameters and whole stacks."
    ),
    "max_queries": _Limit(
        kind="number", meaning="So many queries of a trace are kept, those above are summed."
    ),
}


@access.page
@require_http_methods(["GET", "HEAD", "POST"])
def recording(request: HttpRequest) -> HttpResponse:
    """A wrong value changes nothing, and the form comes back as it was typed."""
    if request.method != "POST":
        steering.refresh()
        return answer(_page(request, _as_it_is(), {}))
    if "settings" in request.POST:
        typed = {}
    else:
        typed = {name: request.POST.get(name, "").strip() for name in _LIMITS}
    values, errors = _read(typed)
    if errors:
        return answer(_page(request, typed, errors), status=_WRONG)
    try:
        steering.change(values, by=access.name_of(request))
    except steering.StoreSilentError as error:
        return answer(_page(request, typed, {}, str(error)), status=_SILENT)
    return see(address("recording"))


def _read(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values, by the rules of the settings, and what is wrong with the others."""
    values, errors = {}, {}
    for name, text in typed.items():
        try:
            if text:
                values[name] = checked(name, _value(name, text))
        except SettingError as error:
            errors[name] = f"{name.upper()} {error}."
    return values, errors


def _value(name: str, text: str) -> object:
    kind = _LIMITS[name].kind
    if kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "flag":
        return {"yes": True, "no": False}.get(text, text)
    if text.lower() == "none":
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise BadValueError(f"must be a number, not {text[:40]!r}") from error
    return _exactly(text, number) if number.is_integer() else number


def _exactly(text: str, number: float) -> int:
    """A float has no more than 16 digits or so."""
    try:
        return int(text)
    except ValueError:
        return int(number)


def _page(
    request: HttpRequest, typed: Mapping[str, str], errors: Mapping[str, str], failure: str = ""
) -> RecordingPage:
    board, config, settings = steering.board(), get_config(), settings_config()
    return RecordingPage(
        shell=shell_of(request),
        url=address("recording"),
        place=_place(),
        changed=_changed(board.changed_at, board.changed_by),
        is_changed=bool(board.values),
        problem=failure or steering.problem() or insight.store().problem or "",
        fields=tuple(
            LimitField(
                name=name,
                label=name.upper(),
                kind=limit.kind,
                meaning=limit.meaning,
                value=typed.get(name, ""),
                now=_text(name, getattr(config, name)) or "none",
                setting=_text(name, getattr(settings, name)) or "none",
                is_changed=name in board.values,
                error=errors.get(name, ""),
            )
            for name, limit in _LIMITS.items()
        ),
    )


def _as_it_is() -> dict[str, str]:
    return {name: _text(name, value) for name, value in steering.board().values.items()}


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return "\n".join(value) if _LIMITS[name].kind == "lines" else plain(value)


def _place() -> str:
    if insight.store().is_shared:
        return "all processes that share the store, within a few seconds"
    return f"this process alone, {os.getpid()} on {socket.gethostname()}, until it ends"


def _changed(at: str, by: str) -> str:
    if not at:
        return ""
    return f"Changed last {ago(datetime.fromisoformat(at))}" + (f" by {by}." if by else ".")
