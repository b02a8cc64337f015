"""The expression that builds a queryset, ``Post.objects.filter(...).order_by(...)``, in a file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from orm_insight.analysis.patches.clues import Clues
from orm_insight.analysis.patches.source import SourceFile, stands_at
from orm_insight.model.trace import CallSite

_QUERYSETS = """
    alias all annotate complex_filter defer distinct exclude extra fetch_mode filter get_queryset
    none only order_by prefetch_related raw reverse select_for_update select_related using
"""
_OTHER = """
    aaggregate acontains acount aearliest aexists aexplain afirst aget aggregate ain_bulk aiterator
    alast alatest contains count dates datetimes difference earliest exists explain first get
    in_bulk intersection iterator last latest union values values_list
"""
_RETURN_QUERYSETS = frozenset(_QUERYSETS.split())
_END_THE_CHAIN = frozenset(_OTHER.split())
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_DOT = re.compile(r"(?:\s|\\\r?\n)*\.\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Calls on a manager, in order. The first ``kept`` of them give a queryset each."""

    source: SourceFile
    base: ast.expr
    links: tuple[ast.Call, ...]
    kept: int

    @property
    def whole(self) -> ast.Call:
        return self.links[-1]

    def last(self, method: str) -> ast.Call | None:
        """The last of the kept calls of this method."""
        return next((c for c in reversed(self.links[: self.kept]) if name_of(c) == method), None)

    def has(self, *methods: str) -> bool:
        return any(name_of(link) in methods for link in self.links)

    @property
    def end(self) -> int:
        """Where a further call is written."""
        return self.source.end(self.links[self.kept - 1] if self.kept else self.base)

    @property
    def dot(self) -> str:
        """How the calls are joined: by a dot, or on lines of their own."""
        beside = self.links[max(self.kept - 1, 0) : self.kept + 1]
        for link in beside if self.kept == 0 else beside[:1]:
            dot = self.before(link)
            if "\n" in dot:
                is_plain = _DOT.fullmatch(dot) is not None
                return dot if is_plain else f"{self.source.newline}{self._indent(link)}."
        return "."

    def before(self, link: ast.Call) -> str:
        """What stands between a call's method and what it is called on."""
        return self.source.text[self.source.end(_method(link).value) : self.name_start(link)]

    def name_start(self, link: ast.Call) -> int:
        return self.source.end(_method(link)) - len(_method(link).attr)

    def _indent(self, link: ast.Call) -> str:
        return self.source.indent(_method(link).end_lineno or link.lineno)


def name_of(link: ast.Call) -> str:
    return _method(link).attr


def _method(link: ast.Call) -> ast.Attribute:
    assert isinstance(link.func, ast.Attribute)
    return link.func


def find_chain(source: SourceFile, site: CallSite, clues: Clues) -> Chain | None:
    """The chain that begins at ``site``; ``None`` where it may be something else."""
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    found = [call for call in calls if stands_at(call, site)]
    if len(found) != 1:
        return None
    links = [found[0]]
    while (outer := _call_of(source, links[-1])) is not None:
        links.append(outer)
    base = _method(links[0]).value
    is_known = _reads_as(source, links[-1]) and _is_of_model(source, base, links[0], clues)
    kept = _kept(links, clues) if is_known else None
    if kept is None:
        return None
    return Chain(source=source, base=base, links=tuple(links), kept=kept)


def _call_of(source: SourceFile, link: ast.Call) -> ast.Call | None:
    """The call of a method on what ``link`` gives."""
    method = source.parents.get(link)
    call = source.parents.get(method) if isinstance(method, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is method else None


def _reads_as(source: SourceFile, node: ast.expr) -> bool:
    """Whether the positions are right: inside of f-strings not every Python knows them."""
    try:
        again = ast.parse(f"({source.of(node)})", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(again) == ast.dump(node)


def _is_of_model(source: SourceFile, base: ast.expr, first: ast.Call, clues: Clues) -> bool:
    """Whether the chain loads this model wherever it runs, and no other."""
    if name_of(first) == "get_queryset" and _is_super(base):
        return any(
            is_for_model(source, node, clues.model)
            for node in source.around(first)
            if isinstance(node, ast.ClassDef)
        )
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute):
        base = base.func.value if base.func.attr == "db_manager" else base
    if not isinstance(base, ast.Attribute):
        return False
    owner = base.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    if name in {clues.model, *_imported_as(source.tree, clues.model)}:
        return True
    return base.attr in clues.accessors and base.attr not in _MANAGERS


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "super"


def is_for_model(source: SourceFile, cls: ast.ClassDef, model: str) -> bool:
    """Whether a view or a ModelAdmin serves one model: the class itself names it."""
    if any("Manager" in ast.unparse(base) or "QuerySet" in ast.unparse(base) for base in cls.bases):
        return False
    is_base = any(
        getattr(base, "id", "") == cls.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    )
    assigned = {
        ast.unparse(node.value)
        for node in cls.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "model"
    }
    word = re.compile(rf"{model}(?![a-z])")
    is_named = any(word.search(text) for text in (cls.name, *map(ast.unparse, cls.decorator_list)))
    is_registered = any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("register")
        and [ast.unparse(argument) for argument in node.args] == [model, cls.name]
        for node in ast.walk(source.tree)
    )
    return not is_base and (is_named or model in assigned or is_registered)


def _imported_as(tree: ast.Module, name: str) -> set[str]:
    """The other names under which a file imports something."""
    return {
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == name and alias.asname
    }


def _kept(links: list[ast.Call], clues: Clues) -> int | None:
    """How many of the calls give a queryset, from the first on."""
    names = [name_of(link) for link in links]
    for position, name in enumerate(names):
        is_continued = names[position + 1 : position + 2] and names[position + 1] in (
            _RETURN_QUERYSETS
        )
        is_queryset = name in _RETURN_QUERYSETS or is_continued or clues.is_lazy(name)
        if name in _END_THE_CHAIN or not is_queryset:
            # A manager has these methods too; of others it is not known what they are.
            return position if position or name in _END_THE_CHAIN else None
    return len(names)
