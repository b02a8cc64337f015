"""The expression that the application has written at a line, and the imports of its names."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps

from orm_insight.hints.patching.source import SourceFile, stands_at
from orm_insight.model.frames import CallSite
from orm_insight.model.schema import Schema


class Written(NamedTuple):
    """The whole chain of calls; ``names`` is what its free names stand for."""

    text: str
    imports: tuple[str, ...]
    names: dict[str, Any]


def expressions(text: str, site: CallSite, schema: Schema) -> Iterator[Written]:
    """The longest chain that begins at ``site``, then the shorter ones."""
    try:
        source = SourceFile(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    found = [call for call in calls if stands_at(call, site)]
    if len(found) != 1:
        return
    for node in reversed(list(_chain(source, found[0]))):
        imports, names = _free_names(source, node, schema)
        if imports is not None:
            yield Written(_one_piece(source, node), imports, names)


def _chain(source: SourceFile, first: ast.expr) -> Iterator[ast.expr]:
    """The call, and each expression that goes on from it: a method, a slice."""
    yield first
    inner: ast.AST = first
    for outer in source.around(first):
        if isinstance(outer, ast.Attribute) and outer.value is inner:
            inner = outer
            continue
        is_call = isinstance(outer, ast.Call) and outer.func is inner
        is_slice = isinstance(outer, ast.Subscript) and outer.value is inner
        if not isinstance(outer, ast.expr) or not (is_call or is_slice):
            return
        inner = outer
        yield outer


def _one_piece(source: SourceFile, node: ast.expr) -> str:
    """As it is written where it is one line; several would need the brackets around them."""
    text = source.of(node)
    return ast.unparse(node) if "\n" in text else text


def _free_names(
    source: SourceFile, node: ast.expr, schema: Schema
) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
    """``None`` where one of them is not imported, or not by its full name."""
    imports: list[str] = []
    names: dict[str, Any] = {}
    for each in ast.walk(node):
        if not isinstance(each, ast.Name) or each.id in names:
            continue
        bound = _bound(source.tree, each.id, schema)
        if bound is None:
            return None, {}
        line, names[each.id] = bound
        imports.append(line)
    return tuple(sorted(imports)), names


def _bound(tree: ast.Module, name: str, schema: Schema) -> tuple[str, Any] | None:
    """The import of a name at the top of a file, and what it is."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _model(ast.alias(name), schema)
        if isinstance(node, ast.Import | ast.ImportFrom):
            alias = next((a for a in node.names if (a.asname or a.name) == name), None)
            if alias is not None:
                return _imported(node, alias, schema)
    return None


def _imported(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, schema: Schema
) -> tuple[str, Any] | None:
    line: ast.stmt
    if isinstance(node, ast.Import):
        line, found = ast.Import(names=[alias]), sys.modules.get(alias.name)
    elif node.level:
        return _model(alias, schema)
    else:
        line, module = ast.ImportFrom(node.module, [alias], level=0), node.module or ""
        found = getattr(sys.modules.get(module), alias.name, None)
        if found is None:
            found = sys.modules.get(f"{module}.{alias.name}")
    return None if found is None else (ast.unparse(line), found)


def _model(alias: ast.alias, schema: Schema) -> tuple[str, Any] | None:
    """A model by its name, where only one has it."""
    found = [facts for facts in schema.models.values() if facts.name == alias.name]
    if len(found) != 1:
        return None
    line = ast.unparse(ast.ImportFrom(found[0].module, [alias], level=0))
    return line, apps.get_model(found[0].label)
