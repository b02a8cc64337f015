"""System checks of what keeps the traces; ``checks`` registers them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.core import checks

from orm_insight.conf import get_config
from orm_insight.imports import late
from orm_insight.stores.private_files import UnsafeFileError

if TYPE_CHECKING:
    from orm_insight.stores import file
else:
    file = late("orm_insight.stores.file")


def check_redis(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning where traces are to be shared and cannot be."""
    if get_config().redis_url is None or find_spec("redis") is not None:
        return []
    return [
        checks.Warning(
            "REDIS_URL shares no traces: the client of Redis is not installed.",
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
                "KEEP_TRACES_IN keeps nothing: the traces are in Redis, by REDIS_URL.",
                hint="Set one of the two.",
                id="orm_insight.W012",
            )
        ]
    why_not = _why_not_written(config.keep_traces_in)
    if why_not is None:
        return []
    return [
        checks.Warning(
            f"KEEP_TRACES_IN keeps nothing: {why_not}",
            hint="Name a file in a folder that exists and that the server may write to.",
            id="orm_insight.W013",
        )
    ]


def _why_not_written(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"{path.parent} is no folder."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"{path.parent} may not be written to."
    try:
        file.check_ring_file(path)
    except UnsafeFileError as error:
        return str(error)
    except OSError as error:
        return f"{path}: {error.strerror}."
    return None
