"""Numbers as the sentences about plans say them."""

from __future__ import annotations


def duration(milliseconds: float) -> str:
    """``184 ms``, ``2.1 ms``, ``0.04 ms``, ``12.3 s``."""
    if milliseconds >= 9_999.5:
        return f"{milliseconds / 1000:,.1f} s"
    if milliseconds >= 99.5:
        return f"{milliseconds:,.0f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds >= 0.95 else f"{milliseconds:.2f} ms"


def amount(number: float) -> str:
    """``49,900``; a fraction below ten keeps a digit: ``2.5``."""
    if number < 10 and number != round(number):
        return f"{number:.1f}"
    return f"{number:,.0f}"


def counted(number: float, noun: str) -> str:
    """``1 row``, ``49,900 rows``."""
    return f"{amount(number)} {noun}" if number == 1 else f"{amount(number)} {noun}s"


def percent(share: float) -> str:
    """``92 %``; never rounded up to all of it."""
    return f"{min(share * 100, 99.4) if share < 1 else 100:.0f} %"


def kilobytes(size: float) -> str:
    """``512 kB``, ``12.3 MB``."""
    return f"{size / 1024:,.1f} MB" if size >= 1024 else f"{size:,.0f} kB"
