"""The definition of a scenario, and the list of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

Build = Callable[[], Any]
Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Code that gives a hint, and the same without the waste; or, without ``hint``, clean code.

    ``build`` makes a queryset, on the line that is the hint's origin, ``read`` works with it and
    returns what was found. ``good`` and ``good_read`` are the repaired twin; the latter also fits
    the queryset that the hint's fix makes of the first. ``hint`` is code and lookup.

    ``is_deep`` asks for a recording in depth. ``fixes`` is false where the hint has only advice,
    ``site`` where the waste is in a template. ``others`` are further codes, each for a reason that
    is written beside it; ``same_number`` says that rows or columns are spared, not statements.
    """

    name: str
    theme: str
    build: Build
    read: Read
    good: Build | None = None
    good_read: Read | None = None
    hint: tuple[str, str | None] | None = None
    is_deep: bool = False
    fixes: bool = True
    site: bool = True
    origin: bool = True
    others: tuple[str, ...] = ()
    same_number: bool = False

    def run_bad(self) -> Any:
        return self.read(self.build())

    def run_good(self) -> Any:
        assert self.good is not None
        return (self.good_read or self.read)(self.good())

    @property
    def id(self) -> str:
        return f"{self.theme}: {self.name}"


SCENARIOS: list[Scenario] = []


def pair(
    name: str,
    build: Build,
    read: Read,
    *,
    good: Build | None = None,
    code: str,
    lookup: str | None = None,
    **facts: Any,
) -> None:
    """Register wasteful code with its repair; without ``good`` the fix is the repair."""
    scenario = Scenario(
        name=name,
        theme=_theme(),
        build=build,
        read=read,
        good=good,
        hint=(code, lookup),
        **facts,
    )
    SCENARIOS.append(scenario)


def clean(name: str, build: Build, read: Read = list, **facts: Any) -> None:
    """Register code that must give no hint at all."""
    SCENARIOS.append(Scenario(name=name, theme=_theme(), build=build, read=read, **facts))


def _theme() -> str:
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None and frame.f_back.f_back is not None
    return str(frame.f_back.f_back.f_globals["__name__"]).rpartition(".")[2]


def lines_of(function: Any) -> set[int]:
    """The lines of a function and of what is defined inside it."""
    return set(_lines(function.__code__)) if hasattr(function, "__code__") else set()


def _lines(code: CodeType) -> list[int]:
    own = [line for _, _, line in code.co_lines() if line]
    inner = [line for c in code.co_consts if isinstance(c, CodeType) for line in _lines(c)]
    return own + inner
