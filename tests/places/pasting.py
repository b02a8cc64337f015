"""Pastes the fix of a hint where the hint says, and runs what results.

A project is a module of ``tests.places.projects``. The fix is written into a copy of its source,
at the origin: behind the expression that builds the queryset, or into the body of the class.
"""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any

from django.db import models as django_models

from orm_insight.hints.patching.chains import Clues
from orm_insight.hints.patching.patch import patched
from orm_insight.model.fix import Argument, Fix
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.project.schema import read_schema
from tests.places import models


def fixed_project(project: str, *hints: Hint) -> str:
    """The name of a copy of the project, with the fixes pasted."""
    original = import_module(f"tests.places.projects.{project}")
    file = Path(original.__file__ or "")
    source = file.read_text()
    # From the bottom up, so that the lines above stay where they are.
    for hint in sorted(hints, key=lambda hint: -(hint.origin.line if hint.origin else 0)):
        assert hint.origin is not None and hint.fix, (hint.title, hint.origin)
        assert hint.origin.file == str(file)
        source = paste(source, hint.origin, hint.change)
    return _run(file, source, {**vars(django_models), **vars(models), "models": django_models})


def patched_project(project: str, hint: Hint) -> str:
    """The name of a copy of the project to which the diff of the hint's page was applied.

    It has the imports that it needs. Without a diff it is the copy with the fix pasted: a
    ``get_queryset()`` does not tell for which models its class is used, and a class may have a
    ``queryset`` that is to be replaced.
    """
    original = import_module(f"tests.places.projects.{project}")
    file = Path(original.__file__ or "")
    source = file.read_text()
    patch = patched(hint.change, source, Clues.of(hint, hint.queries, read_schema()))
    assert hint.origin is not None
    if patch is None:
        line = source.splitlines()[hint.origin.line - 1]
        assert "super().get_queryset(" in line or "queryset = " in hint.fix
        return fixed_project(project, hint)
    assert patch.is_whole
    return _run(file, patch.text, {})


def _run(file: Path, source: str, names: dict[str, Any]) -> str:
    """The name of a module that runs this source and has these names already."""
    name = f"tests.places.projects.fixed_{file.stem}"
    module = ModuleType(name)
    vars(module).update(names)
    vars(module).update(__name__=name, __file__=str(file.with_name(f"fixed_{file.name}")))
    sys.modules[name] = module
    exec(compile(source, vars(module)["__file__"], "exec"), vars(module))
    return name


def paste(source: str, origin: CallSite, fix: Fix) -> str:
    """The source with the fix at the origin."""
    lines = source.splitlines()
    body = _class_at(source, origin.line)
    if body is not None:
        last = max(statement.end_lineno or 0 for statement in body.body)
        lines[last:last] = ["", indent(fix.code, " " * (body.col_offset + 4))]
        return "\n".join(lines)
    assert origin.end_line is not None and origin.end_column is not None
    line = lines[origin.end_line - 1].encode()
    before, after = line[: origin.end_column].decode(), line[origin.end_column :].decode()
    lines[origin.end_line - 1] = _written(before, fix) + after
    return "\n".join(lines)


def _written(call: str, fix: Fix) -> str:
    """After a call; as its last argument; or as its first, in the place of the model."""
    if not isinstance(fix.change, Argument):
        return f"{call}.{fix.code}"
    if fix.change.name:
        return f"{call.removesuffix(')')}, {fix.code})"
    return re.sub(r"\((\w+),", f"({fix.code},", call, count=1)


def _class_at(source: str, line: int) -> ast.ClassDef | None:
    nodes: Any = ast.walk(ast.parse(source))
    return next((n for n in nodes if isinstance(n, ast.ClassDef) and n.lineno == line), None)
