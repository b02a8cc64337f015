"""Keeps failures of the panel away from the toolbar and from the request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from orm_insight import faults

Hook = TypeVar("Hook", bound=Callable[..., Any])


def guarded(step: str, otherwise: Any = None) -> Callable[[Hook], Hook]:
    """Count a failure of a hook, and give the toolbar ``otherwise``."""

    def decorate(hook: Hook) -> Hook:
        @wraps(hook)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return hook(*args, **kwargs)
            except Exception as error:
                faults.report(step, error)
                return otherwise

        return cast(Hook, call)

    return decorate
