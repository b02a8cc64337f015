"""Recording on demand: with ``ON_DEMAND`` only requests that carry a signed cookie are recorded.

Somebody who may see the dashboard sets it there. It says nothing but that this browser may be
recorded until it expires; a request without it costs a look into a dictionary.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "orm_insight_record"
LASTS = timedelta(hours=8)
_VALUE = "record"
_SALT = "orm_insight.on_demand"


def is_asked_for(request: HttpRequest) -> bool:
    """Whether the cookie is there, is ours, and has not expired."""
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
