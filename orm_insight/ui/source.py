"""Reads the lines around a call site, when somebody looks, and marks the expression.

Only files that a trace recorded here names are read, never one that a client names: an imported
trace comes from a client. The file may have changed or gone since: then the excerpt says so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from markupsafe import Markup, escape

from orm_insight.conf import get_config
from orm_insight.conf.editors import Editor
from orm_insight.model.frames import CallSite
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.project.source_files import Recorded, Unreadable, read_source
from orm_insight.ui.components import Excerpt, Place, SourceLine
from orm_insight.ui.format import cut, display_path

_MAX_LINE = 240
_MAX_MARKED_LINES = 8
_CONTEXT_LINES = 2
_TEMPLATE_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


class _File(NamedTuple):
    """``change`` says that it is not what ran, as far as that is known."""

    text: str
    lines: tuple[str, ...]
    change: str


class Sources:
    """Source of the files of one trace; each file is read once, and of an imported trace none."""

    def __init__(self, trace: Trace | TraceSummary) -> None:
        self.are_closed = trace.is_imported
        self._recorded = Recorded(trace)
        self._files: dict[str, _File | Unreadable] = {}
        config = get_config()
        # What an imported trace names are files of another machine.
        self._editor = None if self.are_closed else Editor.of(config.editor, config.editor_paths)

    def place(
        self, site: CallSite, *, with_excerpt: bool = True, around: int = _CONTEXT_LINES
    ) -> Place:
        """A call site as it is shown, with as many lines ``around`` it."""
        excerpt = self.excerpt(site, around=around) if with_excerpt else None
        return Place(
            path=display_path(site.file),
            line=site.line,
            function=cut(site.function, 200),
            is_template=site.is_template,
            is_application=getattr(site, "is_application", True),
            excerpt=excerpt,
            editor_url=self._editor.url(site.file, site.line, self._column(site))
            if self._editor
            else None,
            editor=self._editor.label if self._editor else "",
        )

    def _column(self, site: CallSite) -> int:
        """As editors count: from 1, and in characters where the line has been read."""
        file, column = self._files.get(site.file), site.column or 0
        if isinstance(file, _File) and 1 <= site.line <= len(file.lines):
            line = file.lines[site.line - 1].encode("utf-8", "surrogatepass")
            column = _characters(line, column)
        return column + 1

    def text_around(self, site: CallSite, *, around: int = _CONTEXT_LINES) -> str:
        """The lines around ``site`` as they are; empty where there are none."""
        try:
            file = self._file(site.file)
        except Unreadable:
            return ""
        if not 1 <= site.line <= len(file.lines):
            return ""
        last = max(site.line, min(site.end_line or 0, site.line + _MAX_MARKED_LINES - 1))
        lines = file.lines[max(site.line - around, 1) - 1 : last + around]
        return "\n".join(cut(line, _MAX_LINE) for line in lines)

    def excerpt(self, site: CallSite, *, around: int = _CONTEXT_LINES) -> Excerpt:
        """The lines around ``site``, or a notice why there are none."""
        try:
            file = self._file(site.file)
        except Unreadable as error:
            return Excerpt(notice=str(error))
        if not 1 <= site.line <= len(file.lines):
            return Excerpt(notice="The file has changed since and no longer has this line.")
        return Excerpt(lines=tuple(_excerpt(file.lines, site, around)), notice=file.change)

    def unchanged_text(self, file: str) -> str | None:
        """The text of a file, if it is still the one that was recorded."""
        try:
            found = self._file(file)
        except Unreadable:
            return None
        return None if found.change else found.text

    def is_changed(self, file: str) -> bool:
        """Return whether a readable file has changed since the trace."""
        try:
            return bool(self._file(file).change)
        except Unreadable:
            return False

    def _file(self, file: str) -> _File:
        if file not in self._files:
            try:
                self._files[file] = self._read(file)
            except Unreadable as error:
                self._files[file] = error
        found = self._files[file]
        if isinstance(found, Unreadable):
            raise found
        return found

    def _read(self, file: str) -> _File:
        if self.are_closed:
            raise Unreadable("This trace was imported: its source files are not read.")
        source = read_source(file)
        change = self._recorded.change_of(file, source.modified_at)
        return _File(source.text, tuple(source.text.splitlines()), change)


def place_now(site: CallSite) -> Place:
    """A place in a file of this project, which no trace names."""
    config = get_config()
    editor = Editor.of(config.editor, config.editor_paths)
    return Place(
        path=display_path(site.file),
        line=site.line,
        function=cut(site.function, 200),
        editor_url=editor.url(site.file, site.line, 1) if editor else None,
        editor=editor.label if editor else "",
    )


def _excerpt(lines: tuple[str, ...], site: CallSite, around: int) -> list[SourceLine]:
    last = max(site.line, min(site.end_line or site.line, site.line + _MAX_MARKED_LINES - 1))
    first_shown = max(site.line - around, 1)
    last_shown = min(last + around, len(lines))
    return [
        SourceLine(
            number=number,
            markup=_marked(lines[number - 1], _span(lines[number - 1], number, site)),
            is_site=site.line <= number <= last,
        )
        for number in range(first_shown, last_shown + 1)
    ]


def _span(line: str, number: int, site: CallSite) -> tuple[int, int] | None:
    """The characters of ``line`` that belong to the expression at ``site``."""
    end_line = site.end_line or site.line
    if not site.line <= number <= end_line:
        return None
    if site.is_template:
        return _template_span(line, site.function)
    if site.column is None or site.end_column is None:
        return _text_span(line)
    encoded = line.encode("utf-8", "surrogatepass")
    text_start, text_end = _text_span(line)
    start = _characters(encoded, site.column) if number == site.line else text_start
    end = _characters(encoded, site.end_column) if number == end_line else text_end
    return (start, end) if start < end else _text_span(line)


def _template_span(line: str, tag: str) -> tuple[int, int]:
    """The contents of the tag; where an engine does not tell them, the only tag of the line."""
    start = line.find(tag) if tag else -1
    if start >= 0:
        return start, start + len(tag)
    tags = [match.span() for match in _TEMPLATE_TAG.finditer(line)]
    return tags[0] if len(tags) == 1 else _text_span(line)


def _characters(encoded: bytes, offset: int) -> int:
    """Positions count UTF-8 bytes, markup counts characters."""
    return len(encoded[:offset].decode("utf-8", "replace"))


def _text_span(line: str) -> tuple[int, int]:
    return len(line) - len(line.lstrip()), len(line.rstrip())


def _marked(line: str, span: tuple[int, int] | None) -> Markup:
    if span is None:
        return escape(cut(line, _MAX_LINE))
    start, end = (min(position, _MAX_LINE) for position in span)
    mark = Markup('<mark class="oi-mark">{}</mark>').format(line[start:end])
    return Markup("{}{}{}").format(line[:start], mark, cut(line[end:], _MAX_LINE))
