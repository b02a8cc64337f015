"""A captured statement as Django code: the application's own, else one read from its SQL.

No guess leaves this package: an expression is evaluated, its first statement is stopped before it
reaches the database, and only where it is the captured one, values and all, the code is given.
"""

from __future__ import annotations

import ast
import datetime
import decimal
import sys
import uuid
import zoneinfo
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.apps import apps

from orm_insight.django_code.evaluation import can_be_tried, evaluate, issues
from orm_insight.django_code.from_source import Written, expressions
from orm_insight.django_code.from_sql import candidates
from orm_insight.explain.base import lacks_values
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query

# Calls with which a line may evaluate the queryset that it has built.
_QUESTIONS = ("", ".count()", ".exists()", ".first()")
_VALUES: dict[str, Any] = {
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
    "datetime": datetime,
    "zoneinfo": zoneinfo,
}


class Found(NamedTuple):
    """Lines that can be pasted; ``is_written`` where the expression is the application's own."""

    text: str
    is_written: bool


def find_code(query: Query, schema: Schema, source_of: Callable[[str], str | None]) -> Found | None:
    """``None`` where no code is known. ``source_of`` gives the text of a file that has not changed
    since."""
    # psycopg's composed SQL becomes text; it is no queryset's, and matches nothing.
    is_select = str(query.sql).startswith("SELECT ")
    if not is_select or lacks_values(query.params) or not can_be_tried(query):
        return None
    return _as_written(query, schema, source_of) or _as_read(query, schema)


def _as_written(
    query: Query, schema: Schema, source_of: Callable[[str], str | None]
) -> Found | None:
    site = query.construction.site if query.construction else None
    if site is None or site.is_template:
        return None
    text = source_of(site.file)
    for written in expressions(text, site, schema) if text else ():
        for question in _QUESTIONS:
            code = f"{written.text}{question}"
            if _is_it(code, written, query):
                return Found(_pasted(written.imports, code), is_written=True)
    return None


def _is_it(code: str, written: Written, query: Query) -> bool:
    node = ast.parse(code, mode="eval").body
    return issues(partial(evaluate, node, written.names), query)


def _as_read(query: Query, schema: Schema) -> Found | None:
    for candidate in candidates(query, schema):
        node = ast.parse(candidate.expression, mode="eval").body
        name = candidate.expression.partition(".")[0]
        model = apps.get_model(candidate.label)
        # The class of a many-to-many field's table is in no module.
        if getattr(sys.modules.get(model.__module__), name, None) is not model:
            return None
        names = {**_VALUES, name: model}
        if issues(partial(evaluate, node, names), query):
            return Found(_pasted(candidate.imports, candidate.expression), is_written=False)
    return None


def _pasted(imports: tuple[str, ...], expression: str) -> str:
    return "\n".join((*imports, "", expression))
