"""Names for a statement: its fingerprint, its summary, its tables."""

from __future__ import annotations

import re
from functools import lru_cache

from orm_insight.sql.folding import normal_form
from orm_insight.sql.statement import verb
from orm_insight.sql.targets import Targets, find_targets

CACHED_LENGTH = 20_000
"""Longer texts are not kept, only their hashes: a thousand of 2 MB would fill the memory."""

CACHED_TEXTS = 1024

SUMMARY_LENGTH = 255
"""The limit that OpenTelemetry sets for ``db.query.summary``."""

_SAVEPOINT = re.compile(r"(SAVEPOINT|(?:RELEASE|ROLLBACK TO)(?: SAVEPOINT)?) \S+", re.IGNORECASE)


def fingerprint(sql: str) -> str:
    """What remains equal when a statement is issued again with other values.

    It reads as SQL: comments are gone; strings, numbers and placeholders are ``?``; lists and rows
    of any length look alike; so do savepoints. Keywords and names are kept as they are.
    """
    return _cached_fingerprint(sql) if len(sql) <= CACHED_LENGTH else _fingerprint_of_long(sql)


def summary(sql: str) -> str:
    """A short label: the operation and its tables, as in ``SELECT blog_post blog_author``.

    See https://opentelemetry.io/docs/specs/semconv/database/database-spans/
    """
    targets = _targets(sql)
    label = targets.operation
    for table in targets.tables:
        if len(label) + 1 + len(table) > SUMMARY_LENGTH:
            break
        label = f"{label} {table}"
    return label


def name_of(sql: str, vendor: str = "") -> str:
    """What a statement is called in a list: its label, or as much as is known of it."""
    return summary(sql) or verb(sql) or vendor or "query"


def tables(sql: str) -> tuple[str, ...]:
    """The tables read or written, in order of appearance, without quotes and without repetition."""
    return _targets(sql).tables


def _targets(sql: str) -> Targets:
    return _cached_targets(sql) if len(sql) <= CACHED_LENGTH else find_targets(sql)


def _fingerprint(sql: str) -> str:
    folded = normal_form(sql)
    savepoint = _SAVEPOINT.fullmatch(folded)
    return f"{savepoint[1]} ?" if savepoint else folded


def _fingerprint_of_long(sql: str) -> str:
    # A text keeps its own hash, so that a statement repeated in a loop is found at once.
    key = (hash(sql), len(sql))
    found = _of_long_texts.get(key)
    if found is None:
        found = _fingerprint(sql)
        if len(_of_long_texts) >= CACHED_TEXTS:
            _of_long_texts.clear()
        if len(found) <= CACHED_LENGTH:
            _of_long_texts[key] = found
    return found


_of_long_texts: dict[tuple[int, int], str] = {}
_cached_fingerprint = lru_cache(maxsize=CACHED_TEXTS)(_fingerprint)
_cached_targets = lru_cache(maxsize=CACHED_TEXTS)(find_targets)
