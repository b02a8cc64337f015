"""The calls of a fix, written into a chain: as further calls, or as further arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from orm_insight.analysis.patches.chains import Chain, name_of
from orm_insight.analysis.patches.fixes import FixCall
from orm_insight.analysis.patches.source import Edit, SourceFile, constant, quoted

_TAKE_NAMES = frozenset({"select_related", "prefetch_related", "defer"})
# What may stand between the last argument and the end of a call.
_TAIL = re.compile(r"\s*,?(?:\s|#[^\n]*\n)*\)\Z")


def chain_edits(chain: Chain, calls: Iterable[FixCall]) -> list[Edit] | None:
    """``None`` where the result would not be certain."""
    calls = tuple(calls)
    if not calls or _is_in_the_way(chain, calls):
        return None
    edits: list[Edit] = []
    further: list[FixCall] = []
    reset = {call.method for call in calls if _is_reset(call)}
    for call in calls:
        link = chain.last(call.method)
        changed: list[Edit] | None
        if call.method in reset or call.method == "only":
            changed = _take_over(chain, calls, call.method)
        elif link is None or call.method == "annotate":
            further.append(call)
            continue
        else:
            changed = _extend(chain.source, link, call) if call.method in _TAKE_NAMES else None
        if changed is None:
            return None
        edits += [edit for edit in changed if edit not in edits]
    code = "".join(f"{chain.dot}{call.code}" for call in further)
    return [*edits, Edit(chain.end, chain.end, code)] if further else edits


def _is_reset(call: FixCall) -> bool:
    """``defer(None)`` takes back what was said before."""
    return len(call.nodes) == 1 and _is_none(call.nodes[0])


def _is_in_the_way(chain: Chain, calls: tuple[FixCall, ...]) -> bool:
    """Whether the same function does what the fix does not go together with."""
    methods = {call.method for call in calls}
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


def _extend(source: SourceFile, link: ast.Call, call: FixCall) -> list[Edit] | None:
    """Give ``link``, which is there, the arguments of the fix as well."""
    known = [constant(argument) for argument in link.args]
    if link.keywords or any(_is_none(argument) for argument in link.args):
        return None
    if not link.args:  # without names it follows what it likes, with names only these
        return [Edit(source.end(link) - 1, source.end(link) - 1, ", ".join(call.arguments))]
    if not _TAIL.match(source.text[source.end(link.args[-1]) : source.end(link)]):
        return None
    edits: list[Edit] = []
    for code, node in zip(call.arguments, call.nodes, strict=True):
        lookup = constant(node)
        if lookup is None:
            edits.append(_appended(source, link, code))
            continue
        if any(text is not None and f"{text}__".startswith(f"{lookup}__") for text in known):
            return None  # it is there already: something else is wrong
        shorter = [n for n, text in enumerate(known) if text and lookup.startswith(f"{text}__")]
        if len(shorter) == 1 and call.method != "defer":
            argument = link.args[shorter[0]]
            edits.append(Edit(source.start(argument), source.end(argument), quoted(lookup)))
        else:
            edits.append(_appended(source, link, code))
    return edits


def _appended(source: SourceFile, link: ast.Call, code: str) -> Edit:
    """A further argument, on a line of its own where the last one has one."""
    last = link.args[-1]
    end = source.end(last)
    before = source.text[source.line_start(last.lineno) : source.start(last)]
    separator = f",{source.newline}{before}" if not before.strip() else ", "
    return Edit(end, end, f"{separator}{code}")


def _take_over(chain: Chain, calls: tuple[FixCall, ...], method: str) -> list[Edit] | None:
    """Let the chain's own call of this method name what the fix names, and nothing else."""
    link = chain.last(method)
    wanted = [
        text
        for call in calls
        for node in call.nodes
        if call.method == method and (text := constant(node)) is not None
    ]
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
