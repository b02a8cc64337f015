"""One hint as Markdown, for an issue or for an assistant: everything but the values of queries.

Every text of the application is either in a block of code, whose fence is longer than any that it
holds, or escaped: nothing of it becomes markup of the page where it is pasted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Trace
from orm_insight.sql.layout import laid_out
from orm_insight.sql.tokens import tokenize
from orm_insight.ui.components import Edits
from orm_insight.ui.format import cut, display_path, printable
from orm_insight.ui.hints import HintDetail, Together
from orm_insight.ui.source import Sources

_AROUND = 4
_MAX_SQL = 8_000
_MARKS = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)|(?<!\w)[@#](?=\w)")
_CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
_TICKS = re.compile(r"`+")
_LANGUAGES = {".py": "python", ".html": "html", ".jinja": "jinja", ".txt": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HintSources:
    """The parts of a hint's page, and the source of its files."""

    hint: Hint
    detail: HintDetail
    trace: Trace
    sources: Sources


def hint_markdown(given: HintSources) -> str:
    """The whole document; it ends with one newline."""
    return printable("\n\n".join(_blocks(given))) + "\n"


def _blocks(given: HintSources) -> Iterator[str]:
    detail = given.detail
    yield f"# {detail.code}: {_escaped(detail.title)}"
    yield _sentence(detail.sentence)
    yield "\n".join(_facts(given))
    yield from _change(detail)
    yield from _places(given)
    if detail.first is not None and given.hint.queries:
        yield f"## A statement\n\n{_block(_statement(given.hint), 'sql')}"
    if detail.docs:
        yield f"Django's documentation: <{_address(detail.docs)}>"


def _facts(given: HintSources) -> Iterator[str]:
    trace = given.trace
    yield f"- Seen in: {_code(cut(trace.name, 200))}, {trace.started_at:%Y-%m-%d %H:%M:%S %Z}"
    yield f"- Severity: {given.detail.severity}"
    for fact in given.detail.facts:
        note = f" ({fact.note})" if fact.note else ""
        yield f"- {fact.label}: {_escaped(fact.value + note)}"


def _change(detail: HintDetail) -> Iterator[str]:
    if not (detail.advice or detail.fix or detail.edits):
        return
    yield "## The change"
    if detail.advice:
        yield _escaped(detail.advice)
    if detail.fix:
        begin = "Write this" if detail.certain else "Perhaps write this"
        yield f"{begin} {_escaped(detail.fix_place)}".rstrip() + ":"
        yield _block(detail.fix, "python")
    if detail.edits is not None:
        yield from _edits(detail.edits, is_second=bool(detail.fix))
    if detail.fix and not detail.certain:
        yield "Not certain: check that it is right before you change the code."
    if detail.diff is not None:
        yield "As a diff:" if detail.diff.is_whole else "The change of the queryset as a diff:"
        yield _block(detail.diff.text, "diff")
    if detail.together is not None:
        yield from _together(detail.together)


def _together(change: Together) -> Iterator[str]:
    sure = "" if change.is_certain else " (not certain: check that it fits)"
    yield f"All {change.hints} of this queryset in one change{sure}:"
    yield _block(change.fix, "python")
    if change.diff is not None:
        yield _block(change.diff.text, "diff")


def _edits(edits: Edits, *, is_second: bool) -> Iterator[str]:
    """Its imports, and what the line that asks has to read."""
    if edits.model is not None:
        yield f"The model: {_code(edits.model.location)}"
    if edits.imports:
        yield "Add these imports:"
        yield _block(edits.imports, "python")
    if edits.instead:
        where = f" at {_code(edits.place.location)}" if edits.place is not None else ""
        what = _code(edits.replaces) if edits.replaces else "the call that runs the queries"
        yield f"{'And write' if is_second else 'Write'} this{where}, in place of {what}:"
        yield _block(edits.instead, "")


def _places(given: HintSources) -> Iterator[str]:
    hint = given.hint
    origin = hint.origin if hint.origin != hint.site else None
    if origin or hint.site:
        yield "## Where"
    for title, site in (("Origin", origin), ("Call site", hint.site)):
        if site is not None:
            yield _place(title, site, given.sources)
    others = [site for site in hint.sites if site not in (hint.site, hint.origin)]
    if others:
        named = ", ".join(_location(site) for site in others[:12])
        yield f"Other call sites: {named}" + (" and more." if len(others) > 12 else ".")


def _place(title: str, site: CallSite, sources: Sources) -> str:
    function = f", {_code(site.function)}" if site.function else ""
    text = sources.text_around(site, around=_AROUND)
    excerpt = f"\n\n{_block(text, _language(site))}" if text else ""
    changed = "\n\nThe file has changed since then." if sources.is_changed(site.file) else ""
    return f"{title}: {_location(site)}{function}{excerpt}{changed}"


def _location(site: CallSite) -> str:
    return _code(f"{display_path(site.file)}:{site.line}")


def _language(site: CallSite) -> str:
    ending = re.search(r"\.\w+\Z", site.file)
    known = _LANGUAGES.get(ending[0]) if ending else None
    return known or ("html" if site.is_template else "")


def _statement(hint: Hint) -> str:
    """With its placeholders: no page shows values where a hint is told."""
    sql = str(hint.queries[0].sql)
    if len(sql) > _MAX_SQL:
        return cut(sql, _MAX_SQL)
    return "".join(text for _, text in laid_out(tokenize(sql)))


def _sentence(markup: Markup) -> str:
    """Return the sentence as Markdown; of its markup only code is kept."""
    parts = _CODE.split(str(markup))
    texts = [html.unescape(Markup(part).striptags() if "<" in part else part) for part in parts]
    return "".join(_code(t) if n % 2 else _escaped(t) for n, t in enumerate(texts))


def _escaped(text: str) -> str:
    return _MARKS.sub(lambda match: f"\\{match[0]}", " ".join(text.splitlines()))


def _code(text: str) -> str:
    """In as many backticks as it takes; a backtick at an end wants a space."""
    ticks = "`" * (_longest(text) + 1)
    text = " ".join(text.splitlines())
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _block(text: str, language: str) -> str:
    fence = "`" * max(_longest(text) + 1, 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _longest(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def _address(url: str) -> str:
    return url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
