"""Numbers, durations and names as people read them. Plain text, unless a function says otherwise:
templates escape it.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from html import escape
from pathlib import Path, PurePath

from django.conf import settings
from django.utils import timezone
from markupsafe import Markup

_PICTURES = 0x2400
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def duration(milliseconds: float | None) -> str:
    """``0.08 ms``, ``8.4 ms``, ``840 ms``, ``1.24 s``, ``2 min 5 s``; three digits at most."""
    if milliseconds is None:
        return "\N{EN DASH}"
    if milliseconds < 0.005:
        return "0 ms"
    if milliseconds < 999.5:
        return f"{_three_digits(milliseconds)} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{_three_digits(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{count(minutes)} min {rest} s"


def moment(milliseconds: float) -> str:
    """A point in time, so exact that two near each other differ: ``57 ms``, ``1.023 s``."""
    if milliseconds < 999.5:
        return duration(milliseconds)
    return f"{milliseconds / 1000:,.3f} s"


def _three_digits(number: float) -> str:
    digits = 2 if number < 0.995 else 1 if number < 9.95 else 0
    return f"{number:.{digits}f}"


def plain(number: float) -> str:
    """As one types it: ``1000000``, ``2.5``, ``0.00001``; it is read back as the same number."""
    return str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")


def count(number: float) -> str:
    """``1,234``; rows of a plan may be fractions."""
    is_whole = number == int(number) or abs(number) >= 100
    return f"{number:,.0f}" if is_whole else f"{number:,.2f}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 query``, ``1,234 queries``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def queries(number: int) -> str:
    return counted(number, "query", "queries")


def percent(share: float) -> str:
    """``34 %``; what is there but below one says so."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{share * 100:.0f} %"


def part(share: float) -> str:
    """``92 %``; never rounded up to the whole."""
    return percent(share if share >= 1 else min(share, 0.99))


def bytes_size(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def clock(moment: datetime) -> str:
    """The time of day, with the date where it was another day."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    today = timezone.localtime() if timezone.is_aware(moment) else datetime.now()
    return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M:%S}"


def age(lapse: timedelta) -> str:
    """``12 seconds``, ``1 minute``, ``3 hours``: roughly, in the largest unit that fits."""
    seconds = lapse.total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(round(seconds / size), name)
    return counted(round(seconds), "second") if seconds >= 1 else "less than a second"


def ago(moment: datetime) -> str:
    """``3 minutes ago``, for texts whose times no browser can tell in its own zone."""
    return f"{age(datetime.now(UTC) - moment)} ago"


def fitting(left: int, limit: int) -> int:
    """How many rows to show of those that are left: a few over the limit are shown at once."""
    return left if left <= limit * 1.2 else limit


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, an ellipsis among them."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def preformatted(text: str) -> Markup:
    """Escaped for the content of an element alone: quotes stay, as JSON is full of them."""
    return Markup(escape(text, quote=False))


def printable(text: str) -> str:
    """Without the characters that HTML forbids: control characters are pictured."""
    return _UNPRINTABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return (
        chr(_PICTURES + code)
        if code < 0x20
        else "␡"
        if code == 0x7F
        else "\N{REPLACEMENT CHARACTER}"
    )


# Paths of files as people know them: relative to the project, or to where packages live.

_LIBRARIES = frozenset({"site-packages", "dist-packages"})


def display_path(file: str) -> str:
    """``blog/views.py`` in the project, ``django/db/models/query.py`` in a package."""
    return _display_path(file, _roots(str(getattr(settings, "BASE_DIR", ""))))


@lru_cache(maxsize=16)
def _roots(base: str) -> tuple[str, ...]:
    roots = [os.path.realpath(base)] if base else []
    return (*roots, str(Path.cwd()))


@lru_cache(maxsize=4096)
def _display_path(file: str, roots: tuple[str, ...]) -> str:
    parts = PurePath(file).parts
    for position in range(len(parts) - 1, 0, -1):
        if parts[position] in _LIBRARIES:
            return "/".join(parts[position + 1 :])
    for root in roots:
        if root != os.sep and file.startswith(root + os.sep):
            return file[len(root) + 1 :]
    return file
