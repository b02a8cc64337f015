"""The documents of the package as markup, by markdown-it.

HTML in a document stays text, and a link leads only to an address that the page gives for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from orm_insight.ui.format import cut

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Resolve = Callable[[str], str | None]
"""The address for the target of a link; ``None`` where it leads nowhere here."""

_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "table_open": {"class": "oi-table"},
    # The alignment of a column would be an inline style.
    "th_open": {"scope": "col"},
    "td_open": {},
}


def title_of(text: str) -> str:
    """The first heading."""
    return cut(text.partition("\n")[0].removeprefix("# ").strip(), 200)


def markup_of(text: str, resolve: Resolve) -> Markup:
    """All blocks but the first heading, which is the title of the page."""
    parser = _parser()
    tokens = parser.parse(text.partition("\n")[2] if text.startswith("# ") else text)
    for token in tokens:
        token.attrs = _ATTRIBUTES.get(token.type, token.attrs)
        if token.type.startswith("heading_"):
            token.tag = "h2"
        _follow(token.children or [], resolve)
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())


def _follow(tokens: list[Token], resolve: Resolve) -> None:
    """Give each link its address; one that leads nowhere is only its text."""
    address = None
    for token in tokens:
        if token.type == "link_open":
            address = resolve(str(token.attrs["href"]))
            token.attrs = {"href": address or "", "rel": "noreferrer"}
        if token.type.startswith("link_"):
            token.hidden = address is None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  # only the page of a document needs it

    parser = MarkdownIt("js-default").disable("image")
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _code(_: Any, tokens: list[Token], at: int, *__: Any) -> str:
    pre = '<pre class="oi-pre" tabindex="0">{}</pre>\n'
    return str(Markup(pre).format(tokens[at].content.removesuffix("\n")))


def _table_open(renderer: Any, tokens: list[Token], at: int, *rest: Any) -> str:
    return f'<div class="oi-scroll">{renderer.renderToken(tokens, at, *rest)}'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


_RULES: dict[str, Callable[..., str]] = {
    "fence": _code,
    "code_block": _code,
    "softbreak": lambda *_: " ",
    "table_open": _table_open,
    "table_close": _table_close,
}
