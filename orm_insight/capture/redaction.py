"""Withholds parameters before they are stored: all of them, or those of secret columns."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from orm_insight.model.trace import Params, Redacted
from orm_insight.sql.placeholders import columns_of_placeholders

Redact: TypeAlias = Callable[[str, Params], Params]

_NAMED = re.compile(r"%\(([^)]*)\)s")
_KEY = secrets.randbits(64)
_LONGEST_SQL = 100_000
"""A longer statement that names a secret column loses all its parameters, unread."""


def redact_everything(sql: str, params: Params) -> Params:
    """Keep only how many parameters there were, and their names."""
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {name: withheld(value) for name, value in params.items()}
    return tuple(map(withheld, params))


def withheld(value: Any) -> Redacted:
    """The stand-in that is kept instead of a value."""
    try:
        return Redacted(hash((_KEY, type(value), value)))
    except TypeError:
        return Redacted(hash((_KEY, type(value), repr(value))))


def withheld_together(params: Any) -> Any:
    """One small stand-in for all values of a statement, equal if all of the values are."""
    if not params:
        return params
    if isinstance(params, Mapping):
        return dict.fromkeys(params, withheld(tuple(params.items())))
    return (withheld(params),) * len(params)


class SecretColumns:
    """Withholds a value compared with, or written to, a column whose name says it is secret.

    A name is secret if a word of it is one of ``names`` (``api_key``, ``session_key``, not
    ``keyword``) or, for names of five letters and more, contains one (``authtoken``). If the column
    of a parameter cannot be told, in a statement that names a secret one, the value is withheld.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(name.lower() for name in names)
        self._mentions = re.compile("|".join(map(re.escape, self._names)) or r"(?!)", re.IGNORECASE)
        self._secrets = lru_cache(maxsize=512)(self._find_secrets)

    def __call__(self, sql: str, params: Params) -> Params:
        if not params:
            return params
        if len(sql) > _LONGEST_SQL:
            return redact_everything(sql, params) if self._mentions.search(sql) else params
        are_secret = self._secrets(sql)
        if are_secret is None:
            return params
        if isinstance(params, Mapping):
            return self._withhold_named(sql, params, are_secret)
        # A text without exactly one placeholder for each parameter is not understood: all go.
        if len(are_secret) != len(params):
            return redact_everything(sql, params)
        return tuple(
            withheld(value) if is_secret else value
            for is_secret, value in zip(are_secret, params, strict=True)
        )

    def is_secret(self, column: str | None) -> bool:
        if column is None:
            return True
        lower = column.lower()
        words = lower.split("_")
        return any(name in words or (len(name) > 4 and name in lower) for name in self._names)

    def _find_secrets(self, sql: str) -> tuple[bool, ...] | None:
        """Tell for each placeholder whether its value is withheld; ``None`` if all may be kept."""
        if not self._mentions.search(sql):
            return None
        columns = columns_of_placeholders(sql)
        named = [column for column in columns if column is not None]
        if not any(map(self.is_secret, (*named, *re.findall(r"\w+", sql)))):
            return None
        return tuple(map(self.is_secret, columns))

    def _withhold_named(
        self, sql: str, params: Mapping[str, Any], are_secret: tuple[bool, ...]
    ) -> Params:
        names = _NAMED.findall(sql)
        if len(names) != len(are_secret):
            return redact_everything(sql, params)
        hidden = {name for name, is_secret in zip(names, are_secret, strict=True) if is_secret}
        return {
            name: withheld(value) if name in hidden or self.is_secret(name) else value
            for name, value in params.items()
        }
