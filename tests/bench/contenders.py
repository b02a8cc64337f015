"""Who is measured: what each contender adds to the settings, and what it puts around the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def pass_through(execute: Callable[..., Any], *args: Any) -> Any:
    return execute(*args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to serve the same page.

    ``around`` is entered before each request; ``proof`` names a function that takes the number
    of queries and tells whether they were captured.
    """

    name: str
    title: str
    requires: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[tuple[str, str], ...] = ()
    proof: str = ""
    around: Callable[[], AbstractContextManager[Any]] = nullcontext

    @property
    def missing(self) -> str | None:
        """The module without which it cannot run here."""
        return next((name for name in self.requires if not is_installed(name)), None)


def is_installed(module: str) -> bool:
    """``find_spec`` imports the parents of a module, which may be what is missing."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


BARE = Contender(name="bare", title="bare")
OURS = Contender(
    name="ours",
    title="orm_insight",
    requires=("orm_insight.middleware",),
    apps=("orm_insight",),
    middleware=("orm_insight.middleware.OrmInsightMiddleware",),
    # As with DEBUG: everything on; what makes the tables is no page.
    settings={
        "ORM_INSIGHT": {
            "REDACT_PARAMS": False,
            "COMMANDS": False,
            "SHOW_CALLBACK": "tests.bench.project.always",
        }
    },
    urls=(("_orm/", "orm_insight.urls"),),
    proof="tests.bench.ours.newest_trace_has",
)
CONTENDERS: tuple[Contender, ...] = (
    BARE,
    Contender(
        name="wrapper",
        title="empty wrapper",
        around=lambda: connection.execute_wrapper(pass_through),
    ),
    Contender(
        name="capture",
        title="CaptureQueriesContext",
        around=lambda: CaptureQueriesContext(connection),
    ),
    OURS,
    Contender(
        name="toolbar",
        title="Debug Toolbar, SQL panel",
        requires=("debug_toolbar",),
        apps=("debug_toolbar",),
        middleware=("debug_toolbar.middleware.DebugToolbarMiddleware",),
        settings={
            "DEBUG_TOOLBAR_PANELS": ["debug_toolbar.panels.sql.SQLPanel"],
            "DEBUG_TOOLBAR_CONFIG": {"SHOW_TOOLBAR_CALLBACK": "tests.bench.project.always"},
        },
        urls=(("__debug__/", "debug_toolbar.urls"),),
    ),
    Contender(
        name="silk",
        title="silk",
        requires=("silk",),
        apps=("silk",),
        middleware=("silk.middleware.SilkyMiddleware",),
        urls=(("silk/", "silk.urls"),),
    ),
    Contender(
        name="zeal",
        title="zeal",
        requires=("zeal",),
        apps=("zeal",),
        middleware=("zeal.middleware.zeal_middleware",),
        settings={"ZEAL_RAISE": False},
    ),
)
BY_NAME: Mapping[str, Contender] = {contender.name: contender for contender in CONTENDERS}
