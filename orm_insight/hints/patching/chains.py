"""The expression that builds a queryset, ``Post.objects.filter(...).order_by(...)``, in a file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orm_insight.hints.patching.source import Edit, SourceFile, constant, spans, stands_at
from orm_insight.model.fix import Argument, Call, Literal, quoted
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query

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
        """The position at which a further call is written."""
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
        """The text between a call's method and the expression that it is called on."""
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
    """Return whether the positions are right: not every Python knows them inside of f-strings."""
    try:
        again = ast.parse(f"({source.of(node)})", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(again) == ast.dump(node)


def _is_of_model(source: SourceFile, base: ast.expr, first: ast.Call, clues: Clues) -> bool:
    """Return whether the chain loads this model wherever it runs, and no other."""
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
    """Return whether a view or a ModelAdmin serves one model: the class itself names it."""
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


# -- shortcuts and formsets: the queryset is an argument ------------------------------------------

_TAKE_QUERYSETS = frozenset(
    {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"}
)


def find_call(source: SourceFile, site: CallSite) -> ast.Call | None:
    """The call at ``site``, if there is just one."""
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    found = [call for call in calls if spans(call, site)]
    return found[0] if len(found) == 1 else None


def argument_edits(source: SourceFile, call: ast.Call, written: Argument) -> list[Edit] | None:
    """Write the queryset as an argument; ``None`` where the call may not take it."""
    if written.name:
        return _with_keyword(source, call, written)
    return _in_place_of_model(source, call, written)


def _with_keyword(source: SourceFile, call: ast.Call, written: Argument) -> list[Edit] | None:
    """As the last argument, where the others fit on the same line."""
    others = [*call.args, *(known.value for known in call.keywords)]
    is_plain = all(known.arg not in (written.name, None) for known in call.keywords)
    end = source.end(call) - 1
    last = max((source.end(other) for other in others), default=end)
    if not is_plain or last != end:
        return None
    return [Edit(end, end, f", {written.code}" if others else written.code)]


def _in_place_of_model(source: SourceFile, call: ast.Call, written: Argument) -> list[Edit] | None:
    """``get_list_or_404(Post.objects.select_related("author"), ...)``"""
    function = ast.unparse(call.func).rpartition(".")[2]
    if function not in _TAKE_QUERYSETS or not call.args:
        return None
    first = call.args[0]
    if not isinstance(first, ast.Name) or written.queryset.base.code != f"{first.id}.objects":
        return None
    return [Edit(source.start(first), source.end(first), written.code)]


# -- clues from the trace and the models ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """``model`` is the name of the class that the origin's queryset loads.

    ``accessors`` are the related managers that built it, ``running`` the functions that ran while
    it was evaluated, ``None`` where the trace does not have that statement. ``modules`` tells where
    models are defined, by their names, as far as these are unique.
    """

    model: str
    accessors: frozenset[str] = frozenset()
    running: frozenset[str] | None = None
    modules: Mapping[str, str]

    @classmethod
    def of(cls, hint: Hint, queries: Iterable[Query], schema: Schema) -> Clues:
        accessors: set[str] = set()
        running: set[str] = set()
        is_found = False
        for query in queries:
            built = query.construction
            if built is None or built.site != hint.origin or built.model != hint.model:
                continue
            is_found = True
            if built.load is not None:
                accessors.add(built.load.relation.name)
            running.update(frame.function.rpartition(".")[2] for frame in query.frames)
        return cls(
            model=(hint.model or "").rpartition(".")[2],
            accessors=frozenset(accessors),
            running=frozenset(running) if is_found else None,
            modules=modules_of(schema),
        )

    def is_lazy(self, method: str) -> bool:
        """Return whether a method was seen to return without asking the database."""
        return self.running is not None and method not in self.running


def modules_of(schema: Schema) -> dict[str, str]:
    """The modules that define models, by the models' names, as far as these are unique."""
    found: dict[str, set[str]] = {}
    for facts in schema.models.values():
        if facts.module:
            found.setdefault(facts.name, set()).add(facts.module)
    return {name: next(iter(modules)) for name, modules in found.items() if len(modules) == 1}


# -- the calls of a fix, written into a chain -----------------------------------------------------

_TAKE_NAMES = frozenset({"select_related", "prefetch_related", "defer"})
_METHODS = _TAKE_NAMES | {"annotate", "only", "fetch_mode"}
# The text allowed between the last argument and the end of a call.
_TAIL = re.compile(r"\s*,?(?:\s|#[^\n]*\n)*\)\Z")


def chain_edits(chain: Chain, calls: Iterable[Call]) -> list[Edit] | None:
    """``None`` where the result would not be certain."""
    calls = tuple(calls)
    is_known = all(call.name in _METHODS for call in calls)
    if not is_known or _is_in_the_way(chain, calls):
        return None
    edits: list[Edit] = []
    further: list[Call] = []
    reset = {call.name for call in calls if call.is_reset}
    for call in calls:
        link = chain.last(call.name)
        changed: list[Edit] | None
        if call.name in reset or call.name == "only":
            changed = _take_over(chain, calls, call.name)
        elif link is None or call.name == "annotate":
            further.append(call)
            continue
        else:
            changed = _extend(chain.source, link, call) if call.name in _TAKE_NAMES else None
        if changed is None:
            return None
        edits += [edit for edit in changed if edit not in edits]
    code = "".join(f"{chain.dot}{call.code}" for call in further)
    return [*edits, Edit(chain.end, chain.end, code)] if further else edits


def _is_in_the_way(chain: Chain, calls: tuple[Call, ...]) -> bool:
    """Return whether the same function makes a call that the fix does not go together with."""
    methods = {call.name for call in calls}
    scopes = [chain.whole, *chain.source.functions_around(chain.whole)]
    used = [
        node
        for node in ast.walk(scopes[-1])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    if "select_related" in methods and any(name_of(c) == "select_for_update" for c in used):
        return True  # PostgreSQL locks no row that an outer join may leave empty
    everywhere = (node for node in ast.walk(chain.source.tree) if isinstance(node, ast.Call))
    return "prefetch_related" in methods and any(
        isinstance(call.func, ast.Attribute)
        and name_of(call) == "iterator"
        and _has_no_chunks(call)
        for call in everywhere
    )


def _has_no_chunks(call: ast.Call) -> bool:
    """After a prefetch, ``iterator()`` must be told the size of its chunks."""
    return not call.args and not call.keywords


def _extend(source: SourceFile, link: ast.Call, call: Call) -> list[Edit] | None:
    """Also give ``link``, which is there already, the arguments of the fix."""
    known = [constant(argument) for argument in link.args]
    if link.keywords or any(_is_none(argument) for argument in link.args):
        return None
    if not link.args:  # without names it follows what it likes, with names only these
        end, code = (
            source.end(link) - 1,
            ", ".join(part.code for part in (*call.arguments, *call.keywords)),
        )
        return [Edit(end, end, code)]
    if not _TAIL.match(source.text[source.end(link.args[-1]) : source.end(link)]):
        return None
    edits: list[Edit] = []
    for part in (*call.arguments, *call.keywords):
        lookup = part.value if isinstance(part, Literal) else None
        if not isinstance(lookup, str):
            edits.append(_appended(source, link, part.code))
            continue
        if any(text is not None and f"{text}__".startswith(f"{lookup}__") for text in known):
            return None  # it is there already: something else is wrong
        shorter = [n for n, text in enumerate(known) if text and lookup.startswith(f"{text}__")]
        if len(shorter) == 1 and call.name != "defer":
            argument = link.args[shorter[0]]
            edits.append(Edit(source.start(argument), source.end(argument), quoted(lookup)))
        else:
            edits.append(_appended(source, link, part.code))
    return edits


def _appended(source: SourceFile, link: ast.Call, code: str) -> Edit:
    """A further argument, on a line of its own where the last one has one."""
    last = link.args[-1]
    end = source.end(last)
    before = source.text[source.line_start(last.lineno) : source.start(last)]
    separator = f",{source.newline}{before}" if not before.strip() else ", "
    return Edit(end, end, f"{separator}{code}")


def _take_over(chain: Chain, calls: tuple[Call, ...], method: str) -> list[Edit] | None:
    """Let the chain's own call of this method name what the fix names, and nothing else."""
    link = chain.last(method)
    wanted = [text for call in calls if call.name == method for text in call.texts]
    if link is None or sum(name_of(other) == method for other in chain.links) != 1:
        return None
    has = [constant(argument) for argument in link.args]
    if None in has or link.keywords or not has:
        return None
    if method == "only":
        missing = [text for text in wanted if text not in has]
        return [_appended(chain.source, link, quoted(text)) for text in missing] or None
    return None if has == wanted else _with_names(chain, link, wanted)


def _with_names(chain: Chain, link: ast.Call, names: list[str]) -> list[Edit]:
    """Without names, the call goes; what is left must still be a queryset."""
    source, end = chain.source, chain.source.end(link)
    if names:
        code = ", ".join(map(quoted, names))
        return [Edit(source.start(link.args[0]), source.end(link.args[-1]), code)]
    if chain.kept == 1:
        return [Edit(chain.name_start(link), end, "all()")]
    return [Edit(chain.name_start(link) - len(chain.before(link)), end, "")]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
