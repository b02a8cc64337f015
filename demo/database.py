"""From a database address to Django's settings; pure, so that settings can import it.

- ``postgresql://user:password@host:5432/name?sslmode=require``
- ``postgresql://user@/name?host=/folder/of/the/socket``
- ``sqlite:///absolute/path.sqlite3``
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.errors import DemoError

EXAMPLE = "postgresql://user:password@localhost:5432/name"
CONNECT_TIMEOUT_SECONDS = 5
IN_MEMORY = "sqlite:///:memory:"


def parse_url(url: str) -> dict[str, Any]:
    """One entry of ``DATABASES``."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise DemoError(f"This is no database address: {url!r}\nIt looks like {EXAMPLE}")
    if scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite:///")),
            "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"},
        }
    if scheme in {"postgres", "postgresql"}:
        return _postgresql(url)
    raise DemoError(
        f"The demo runs on PostgreSQL, not on {scheme!r} addresses.\n"
        f"An address looks like {EXAMPLE}"
    )


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port or ""
    except ValueError as error:
        raise DemoError(
            f"This is no database address: {without_password(url)!r} ({error})\n"
            f"It looks like {EXAMPLE}"
        ) from None
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise DemoError(
            f"The address names no database: {without_password(url)!r}\nIt looks like {EXAMPLE}"
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **options},
    }


def without_password(url: str) -> str:
    """The address as it may be shown."""
    url = re.sub(r"([?&]password=)[^&]*", r"\1***", url)
    head, at, tail = url.rpartition("@")
    scheme, separator, account = head.partition("://")
    user, colon, _ = account.partition(":")
    return f"{scheme}{separator}{user}{':***' if colon else ''}{at}{tail}" if at else url
