"""The body of a generic view, a viewset or a ModelAdmin: where Django builds the queryset."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from orm_insight.hints.patching.source import Edit, Scope, SourceFile, constant, spans
from orm_insight.model.fix import Assignment, Block, ClassBody, Literal, Statement, quoted
from orm_insight.model.frames import CallSite

# Methods that have their own way with the queryset, or with the attribute.
_BUILD_QUERYSETS = frozenset({"get_queryset", "get_list_select_related"})


def find_class(source: SourceFile, site: CallSite) -> ast.ClassDef | None:
    """The class that begins at ``site`` with its decorators, or whose statement it is."""
    classes = [node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    found = [cls for cls in classes if spans(cls, site) or _is_named(cls, site)]
    return found[0] if len(found) == 1 else None


def _is_named(cls: ast.ClassDef, site: CallSite) -> bool:
    first = min([cls.lineno, *(decorator.lineno for decorator in cls.decorator_list)])
    name = site.function.rpartition(".")[2]
    return site.column is None and cls.name == name and first <= site.line <= cls.lineno


def class_edits(source: SourceFile, cls: ast.ClassDef, change: ClassBody) -> list[Edit] | None:
    """Write the statements of a fix into the body; ``None`` where the class has its own idea."""
    edits: list[Edit] = []
    for statement in change.statements:
        written = _edits_of(source, cls, statement)
        if written is None or change.method:
            return None
        edits += written
    return edits


def _edits_of(source: SourceFile, cls: ast.ClassDef, statement: Statement) -> list[Edit] | None:
    if not source.is_alone(cls.body[0]):
        return None
    if isinstance(statement, Block) and statement.method:
        is_there = any(method.name == statement.method for method in _methods_of(cls))
        return None if is_there else _append(source, cls, statement.code)
    if not isinstance(statement, Assignment):
        return None
    if any(method.name in _BUILD_QUERYSETS for method in _own_ideas(source, cls)):
        return None
    if statement.target == "list_select_related":
        return _list_select_related(source, cls, statement)
    is_queryset = statement.target == "queryset" and _assigned(cls, "queryset") is None
    return _insert(source, cls, statement.code) if is_queryset else None


def _own_ideas(source: SourceFile, cls: ast.ClassDef) -> Iterator[Scope]:
    """The methods of a class, and those of its bases in the same file that ask no other base."""
    yield from _methods_of(cls)
    bases = {ast.unparse(base) for base in cls.bases}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and node.name in bases:
            for method in _methods_of(node):
                if f"super().{method.name}(" not in ast.unparse(method):
                    yield method


def _methods_of(cls: ast.ClassDef) -> Iterator[Scope]:
    for node in cls.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _assigned(cls: ast.ClassDef, name: str) -> ast.Assign | ast.AnnAssign | None:
    for node in cls.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == name for target in targets
        ):
            return node
    return None


def _list_select_related(
    source: SourceFile, cls: ast.ClassDef, statement: Assignment
) -> list[Edit] | None:
    """Only lists of objects have it, inlines do not."""
    if any("Inline" in ast.unparse(base) for base in cls.bases):
        return None
    known = _assigned(cls, "list_select_related")
    if known is None:
        return _insert(source, cls, statement.code)
    value, wanted = known.value, statement.value
    assert value is not None
    code = wanted.code
    wanted_names = wanted.value if isinstance(wanted, Literal) else None
    if not isinstance(wanted_names, tuple) or isinstance(value, ast.Constant):
        is_plain = isinstance(value, ast.Constant | ast.List | ast.Tuple)
        return [Edit(source.start(value), source.end(value), code)] if is_plain else None
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    has, names = _names_in(value), list(wanted_names)
    if has is None:
        return None
    if _covers(has, names):
        return [Edit(source.start(value), source.end(value), code)]
    return _extended(source, value, has, names) if _covers(names, has) else None


def _names_in(node: ast.List | ast.Tuple) -> list[str] | None:
    names = [text for element in node.elts if (text := constant(element)) is not None]
    return names if names and len(names) == len(node.elts) else None


def _covers(names: list[str], others: list[str]) -> bool:
    """Return whether each of the others is among the names, or on the way to one."""
    return all(any(f"{n}__".startswith(f"{other}__") for n in names) for other in others)


def _extended(
    source: SourceFile, known: ast.List | ast.Tuple, has: list[str], names: list[str]
) -> list[Edit]:
    """The names that the list does not have yet, at its end or in place of a shorter path."""
    edits = []
    last = known.elts[-1]
    before = source.text[source.line_start(last.lineno) : source.start(last)]
    gap = f",{source.newline}{before}" if not before.strip() else ", "
    for name in names:
        shorter = [n for n, text in enumerate(has) if name.startswith(f"{text}__")]
        if shorter:
            at = known.elts[shorter[0]]
            edits.append(Edit(source.start(at), source.end(at), quoted(name)))
        elif name not in has:
            edits.append(Edit(source.end(last), source.end(last), f"{gap}{quoted(name)}"))
    return edits


def _insert(source: SourceFile, cls: ast.ClassDef, code: str) -> list[Edit]:
    """After ``model = ...`` or the list's columns, else as the first after the docstring."""
    body = cls.body
    before = _assigned(cls, "model") or _assigned(cls, "list_display")
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    after = before or (body[0] if is_docstring else None)
    if after is None:
        first = body[0]
        lines = [first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))]
        is_method = isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        blank = source.newline if is_method else ""
        return [_at_line(source, min(lines), cls, code, after=blank)]
    blank = source.newline if before is None else ""
    return [_at_line(source, (after.end_lineno or 0) + 1, cls, code, before=blank)]


def _append(source: SourceFile, cls: ast.ClassDef, code: str) -> list[Edit]:
    """A method, at the end of the class."""
    line = (cls.end_lineno or cls.lineno) + 1
    return [_at_line(source, line, cls, code, before=source.newline)]


def _at_line(
    source: SourceFile,
    line: int,
    cls: ast.ClassDef,
    code: str,
    *,
    before: str = "",
    after: str = "",
) -> Edit:
    position = source.line_start(line)
    indent = source.indent(cls.body[0].lineno)
    if position and not source.text[:position].endswith("\n"):
        before = source.newline + before
    written = "".join(f"{indent}{part}{source.newline}" for part in code.splitlines())
    return Edit(position, position, f"{before}{written}{after}")


def class_site(file: str, name: str, text: str) -> CallSite | None:
    """The definition of the class of this name, if the file has just one."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    lines = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == name]
    return CallSite(file=file, line=lines[0], function=name) if len(lines) == 1 else None
