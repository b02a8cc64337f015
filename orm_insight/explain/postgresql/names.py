"""Plans speak of tables and columns; these are the project's models, fields and lookups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from orm_insight.model.plan import PlanNode
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.sql.expressions import Comparison, comparisons

_MAX_VALUE = 40
_MAX_CONDITION = 300
_LOOKUPS = {
    "=": "",
    "= ANY": "__in",
    "<": "__lt",
    "<=": "__lte",
    ">": "__gt",
    ">=": "__gte",
    "@>": "__contains",
    "<@": "__contained_by",
    "&&": "__overlap",
    "IS NULL": "__isnull",
    "IS NOT NULL": "__isnull",
    "~": "__regex",
    "~*": "__iregex",
}
_FIXED = {"IS NULL": "True", "IS NOT NULL": "False", "IS TRUE": "True", "NOT": "False"}
_TRANSFORMS = {"date": "__date", "lower": "__lower", "upper": "__upper", "length": "__length"}
_RANK = {"=": 0, "IS TRUE": 0, "NOT": 0, "IS NULL": 0, "= ANY": 1}
_JSON_KEY = re.compile(r".*? ->>? '((?:[^']|'')*)'::text", re.DOTALL)
_CONSTANT = re.compile(r"\(?'((?:[^']|'')*)'::[\w \"().\[\]]+?\)?|\(?(-?[\d.]+)\)?(?:::\w+)?")


class Names:
    """The names of one project; without a schema those of the database."""

    def __init__(self, schema: Schema | None = None) -> None:
        self._schema = schema

    @cached_property
    def _by_table(self) -> dict[str, ModelFacts]:
        models = self._schema.models.values() if self._schema else ()
        found: dict[str, ModelFacts] = {}
        for model in models:
            if not model.is_proxy:
                found.setdefault(model.table, model)
        return found

    def model(self, table: str | None) -> ModelFacts | None:
        return self._by_table.get(table or "")

    def table(self, node: PlanNode) -> str:
        """``blog_comment``, the table, the function or the CTE that a step reads."""
        raw = node.raw
        name = node.relation or raw.get("CTE Name") or raw.get("Function Name") or node.alias
        return str(name) if name else "a subquery"

    def field(self, table: str | None, column: str) -> str:
        """The field's name, or the column's where no model has it."""
        model = self.model(table)
        return model.columns.get(column, column) if model else column

    def condition(self, node: PlanNode, *keys: str) -> str:
        """The conditions under ``keys`` as keyword arguments of ``filter()``, where they can be."""
        texts = (node.raw.get(key) for key in keys or ("Filter",))
        parts = [self.lookup(node, c) for t in texts if t for c in comparisons(str(t))]
        text = ", ".join(parts)
        return text if len(text) <= _MAX_CONDITION else f"{text[:_MAX_CONDITION]} …"

    def lookup(self, node: PlanNode, comparison: Comparison) -> str:
        """``post=7``; the condition as PostgreSQL prints it where there is no such lookup."""
        column = comparison.column
        if column is None:
            return comparison.text
        return _as_lookup(self.field(node.relation, column.name), comparison) or comparison.text

    def fields_of(self, node: PlanNode, *keys: str) -> Iterator[str]:
        """The fields that the conditions of a step compare, first those that must be equal."""
        texts = (node.raw.get(key) for key in keys or ("Filter",))
        found = [c for t in texts if t for c in comparisons(str(t))]
        found.sort(key=lambda c: _RANK.get(c.operator, len(_RANK)))
        names = (self.field(node.relation, c.column.name) for c in found if c.column)
        yield from dict.fromkeys(names)


def _as_lookup(field: str, comparison: Comparison) -> str | None:
    operator, value = comparison.operator, _constant(comparison.value)
    if operator in _FIXED:
        return f"{field}{_LOOKUPS.get(operator, '')}={_FIXED[operator]}"
    if operator in {"~~", "~~*"}:
        return _pattern(field, comparison, value)
    if comparison.function == "upper" and operator == "=":
        return f"{field}__iexact={value}"
    if comparison.function in {"->", "->>"} and (key := _JSON_KEY.fullmatch(comparison.expression)):
        return f"{field}__{key[1]}{_LOOKUPS[operator]}={value}" if operator in _LOOKUPS else None
    transform = _TRANSFORMS.get(comparison.function, "") if comparison.function else ""
    if operator not in _LOOKUPS or (comparison.function and not transform):
        return None
    return f"{field}{transform}{_LOOKUPS[operator]}={value}"


def _pattern(field: str, comparison: Comparison, value: str) -> str | None:
    """``LIKE`` as the lookup that made it."""
    text = value.strip("'")
    is_caseless = comparison.operator == "~~*" or comparison.function == "upper"
    if comparison.function not in {"", "upper"} or not text.strip("%"):
        return None
    kind = {(True, True): "contains", (False, True): "startswith", (True, False): "endswith"}.get(
        (text.startswith("%"), text.endswith("%"))
    )
    return kind and f"{field}__{'i' if is_caseless else ''}{kind}='{text.strip('%')}'"


def _constant(value: str) -> str:
    """The value without its type."""
    if not value:
        return "…"
    found = _CONSTANT.fullmatch(value)
    if found is None:
        text = value if not value.startswith("(") else "…"
    else:
        text = found[2] if found[2] is not None else f"'{found[1]}'"
    return text if len(text) <= _MAX_VALUE else f"{text[: _MAX_VALUE - 2]} …"
