"""A function that builds the queryset from its arguments: a shortcut, or a formset.

``get_list_or_404(Post)`` takes a queryset in place of the model, ``FormSet(instance=blog)`` takes
one more argument.
"""

from __future__ import annotations

import ast

from orm_insight.analysis.patches.fixes import calls_in
from orm_insight.analysis.patches.source import Edit, SourceFile, spans
from orm_insight.model.trace import CallSite

_TAKE_QUERYSETS = frozenset(
    {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"}
)


def find_call(source: SourceFile, site: CallSite) -> ast.Call | None:
    """The call at ``site``, if there is just one."""
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    found = [call for call in calls if spans(call, site)]
    return found[0] if len(found) == 1 else None


def argument_edits(source: SourceFile, call: ast.Call, fix: str) -> list[Edit] | None:
    """Write the fix as an argument; ``None`` where it is none of these."""
    try:
        written = ast.parse(f"call({fix})", mode="eval").body
    except SyntaxError:
        return None
    assert isinstance(written, ast.Call)
    if len(written.keywords) == 1 and not written.args:
        return _with_keyword(source, call, written.keywords[0], fix)
    return _in_place_of_model(source, call, written.args[0], fix) if written.args else None


def _with_keyword(
    source: SourceFile, call: ast.Call, keyword: ast.keyword, fix: str
) -> list[Edit] | None:
    """As the last argument, where the others fit on the same line."""
    others = [*call.args, *(known.value for known in call.keywords)]
    is_plain = all(known.arg not in (keyword.arg, None) for known in call.keywords)
    end = source.end(call) - 1
    last = max((source.end(other) for other in others), default=end)
    if keyword.arg is None or not is_plain or last != end:
        return None
    return [Edit(end, end, f", {fix}" if others else fix)]


def _in_place_of_model(
    source: SourceFile, call: ast.Call, queryset: ast.expr, fix: str
) -> list[Edit] | None:
    """``get_list_or_404(Post.objects.select_related("author"), ...)``"""
    function = ast.unparse(call.func).rpartition(".")[2]
    if function not in _TAKE_QUERYSETS or not call.args:
        return None
    first = call.args[0]
    is_suffix = bool(calls_in(queryset, fix, f"{ast.unparse(first)}.objects"))
    if not isinstance(first, ast.Name) or not is_suffix:
        return None
    return [Edit(source.start(first), source.end(first), fix)]
