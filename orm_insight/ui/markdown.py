"""The documents of the package as markup: the small part of Markdown that they are written in.

Headings, paragraphs, lists, tables, blocks of code; in a line code, stress and links. Everything
else stays the text that it is, and all of it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

from orm_insight.ui.format import cut

_INLINE = re.compile(
    r"(?P<tick>`+)(?P<code>.+?)(?P=tick)"
    r"|\*\*(?P<strong>.+?)\*\*"
    r"|(?<![\w*])\*(?P<em>[^*\s][^*]*)\*"
    r"|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)
_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
_CELL = re.compile(r"(?<!\\)\|")

Resolve = Callable[[str], str | None]
"""The address behind the target of a link; ``None`` where it leads nowhere here."""


def title_of(text: str) -> str:
    """The first heading."""
    return cut(text.partition("\n")[0].removeprefix("# ").strip(), 200)


def markup_of(text: str, resolve: Resolve) -> Markup:
    """All blocks but the first heading, which is the title of the page."""
    lines = text.split("\n")
    first = 1 if lines[0].startswith("# ") else 0
    return Markup("\n").join(_blocks(lines[first:], resolve))


def _blocks(lines: list[str], resolve: Resolve) -> Iterator[Markup]:
    position = 0
    while position < len(lines):
        end = _end_of_block(lines, position)
        block = lines[position:end]
        position = end
        if block[0].strip():
            yield _block(block, resolve)


def _end_of_block(lines: list[str], start: int) -> int:
    """Code ends at its fence, everything else at an empty line, which is a block of its own."""
    if not lines[start].strip():
        return start + 1
    is_code = lines[start].startswith("```")
    for end in range(start + 1, len(lines)):
        if is_code and lines[end].startswith("```"):
            return end + 1
        if not is_code and (not lines[end].strip() or lines[end].startswith("```")):
            return end
    return len(lines)


def _block(lines: list[str], resolve: Resolve) -> Markup:
    first = lines[0]
    if first.startswith("```"):
        pre = '<pre class="oi-pre" tabindex="0">{}</pre>'
        return Markup(pre).format("\n".join(lines[1:-1]))
    if first.startswith("#"):
        return Markup("<h2>{}</h2>").format(_inline(first.lstrip("# "), resolve))
    if first.startswith("|"):
        return _table(lines, resolve)
    if _ITEM.match(first):
        return _list(lines, resolve)
    return Markup("<p>{}</p>").format(_inline(" ".join(lines), resolve))


def _list(lines: list[str], resolve: Resolve) -> Markup:
    """Each line is an item, or goes on with the one before."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(_ITEM.sub("", line, count=1))
        else:
            items[-1] += f" {line.strip()}"
    found = Markup("").join(Markup("<li>{}</li>").format(_inline(item, resolve)) for item in items)
    return Markup("<ul>{}</ul>" if lines[0][0] in "-*" else "<ol>{}</ol>").format(found)


def _table(lines: list[str], resolve: Resolve) -> Markup:
    """The first line holds the headings, the second only dashes."""
    head = _row(lines[0], '<th scope="col">{}</th>', resolve)
    body = Markup("").join(_row(line, "<td>{}</td>", resolve) for line in lines[2:])
    table = '<table class="oi-table"><thead>{}</thead><tbody>{}</tbody></table>'
    return Markup('<div class="oi-scroll">{}</div>').format(Markup(table).format(head, body))


def _row(line: str, cell: str, resolve: Resolve) -> Markup:
    texts = [text.strip() for text in _CELL.split(line.strip())[1:-1]]
    cells = (Markup(cell).format(_inline(text, resolve)) for text in texts)
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _inline(text: str, resolve: Resolve) -> Markup:
    found, position = Markup(), 0
    for match in _INLINE.finditer(text):
        found += escape(text[position : match.start()]) + _span(match, resolve)
        position = match.end()
    return found + escape(text[position:])


def _span(match: re.Match[str], resolve: Resolve) -> Markup:
    if match["code"] is not None:
        return Markup("<code>{}</code>").format(match["code"])
    if match["strong"] is not None:
        return Markup("<strong>{}</strong>").format(_inline(match["strong"], resolve))
    if match["em"] is not None:
        return Markup("<em>{}</em>").format(_inline(match["em"], resolve))
    label, address = _inline(match["text"], resolve), resolve(match["target"])
    if address is None:
        return label
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, label)
