"""Decides what is recorded: anything at all, which requests, and which of them in depth."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from random import SystemRandom

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orm_insight.capture.redaction import Redact, SecretColumns, redact_everything
from orm_insight.conf import Config, get_config


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        # Not the shared generator: the application's sequence stays, and no two workers share one.
        self.draw = SystemRandom().random
        self.forget()

    def forget(self) -> None:
        self.is_paused = False
        self.redact: tuple[Config, Redact] | None = None
        self.deep_paths: dict[str, str] = {}
        self.taken: tuple[str, ...] = ()


_state = _State()
_REMEMBERED = 100
"""The number of tickets; never do so many wait."""


def reset() -> None:
    """Record again, as the settings say."""
    with _state.lock:
        _state.forget()


def is_recording() -> bool:
    """Return whether anything is recorded now: enabled in the settings and not paused."""
    return not _state.is_paused and get_config().enabled


def pause() -> None:
    _state.is_paused = True


def resume() -> None:
    _state.is_paused = False


def is_sampled(path: str) -> bool:
    """Return whether a request of this path is in the sample; drawn at each call."""
    rate = get_config().sample_rate_of(path)
    return rate >= 1 or (rate > 0 and _state.draw() < rate)


def await_deep(waited: Mapping[str, str]) -> None:
    """Let the next request of each of these paths be recorded in depth, and of no other.

    Each path has a ticket of its own: this process does not take the same one twice.
    """
    with _state.lock:
        _state.deep_paths = {p: ticket for p, ticket in waited.items() if not has_taken(ticket)}


def has_taken(ticket: str) -> bool:
    """Return whether this process has made the deep recording of this ticket."""
    return ticket in _state.taken


def waits_for_deep(path: str) -> bool:
    """Return whether the next request of this path will be recorded in depth."""
    return path in _state.deep_paths


def takes_deep(path: str) -> bool:
    """Return whether to record this request in depth; the next one then is not."""
    if path not in _state.deep_paths:
        return False
    with _state.lock:
        ticket = _state.deep_paths.pop(path, None)
        if ticket is not None:
            _state.taken = (*_state.taken, ticket)[-_REMEMBERED:]
        return ticket is not None


def redaction() -> Redact:
    """The function that withholds parameters; the same one until the settings change."""
    config = get_config()
    held = _state.redact
    if held is None or held[0] is not config:
        redact = redact_everything if config.redacts else SecretColumns(config.secret_names)
        held = _state.redact = (config, redact)
    return held[1]


# -- on demand ------------------------------------------------------------------------------------
# With ``ON_DEMAND`` only requests that carry a signed cookie are recorded. Somebody who may see the
# dashboard sets it there. It says only that this browser may be recorded until it expires; a
# request without it costs a look into a dictionary.

COOKIE = "orm_insight_record"
LASTS = timedelta(hours=8)
_VALUE = "record"
_SALT = "orm_insight.on_demand"


def is_asked_for(request: HttpRequest) -> bool:
    """Return whether the cookie is there, is ours, and has not expired."""
    signed = request.COOKIES.get(COOKIE)
    if not signed:
        return False
    try:
        return _signer().unsign(signed, max_age=LASTS) == _VALUE
    except BadSignature:
        return False


def ask(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let this browser's requests be recorded from now on."""
    response.set_cookie(
        COOKIE,
        _signer().sign(_VALUE),
        max_age=LASTS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def ask_no_longer(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def _signer() -> TimestampSigner:
    """Made each time, so that a changed ``SECRET_KEY`` takes effect at once."""
    return TimestampSigner(salt=_SALT)
