"""A problem, as the start page and its own page describe it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Any

from django.urls import reverse

View = Callable[..., Any]
REPAIRED_SUFFIX = "-repaired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem with its two pages.

    `happens` says in plain words what goes on, `panel` what the panel has to say about it, and
    `repair` is the heart of the repaired version, as code. Where the pages are not routed here
    (the admin), `url_names` says how they are called.
    """

    slug: str
    title: str
    happens: str
    panel: str
    repair: str
    wasteful: View
    repaired: View
    hint: str = ""
    shows_toolbar: bool = True
    url_names: tuple[str, str] | None = None

    @property
    def wasteful_url(self) -> str:
        return reverse(self.url_names[0] if self.url_names else self.slug)

    @property
    def repaired_url(self) -> str:
        return reverse(self.url_names[1] if self.url_names else self.slug + REPAIRED_SUFFIX)

    @property
    def wasteful_source(self) -> str:
        return source_of(self.wasteful)

    @property
    def repaired_source(self) -> str:
        return source_of(self.repaired)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Problems of one kind, as the start page shows them together."""

    slug: str
    title: str
    problems: tuple[Problem, ...]


@cache
def source_of(view: View) -> str:
    """The lines of the function or, for a generic view, of the class."""
    return dedent(inspect.getsource(getattr(view, "view_class", view)))
