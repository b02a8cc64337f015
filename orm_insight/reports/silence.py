"""Which hints are silenced, by the settings or by a comment in the source. Pure.

The reader of the comments is given from outside: nothing here opens a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreComment:
    """``# orm-insight: ignore[ORM101]`` in a file.

    ``codes`` is empty where the comment is not written as it must be. ``statement_line`` is where
    the statement around it begins, a class with its decorators. ``is_for_all`` is true at the end
    of a statement and in the head of a class: there it counts for all of the statement.
    ``modified_at`` dates the file, in seconds since the epoch.
    """

    file: str
    line: int
    statement_line: int
    is_for_all: bool = False
    codes: tuple[str, ...] = ()
    modified_at: float = 0.0

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}"

    def covers(self, site: CallSite) -> bool:
        """Return whether it counts for a line of this site, which is in the same file."""
        # The end of a site may be that of a whole loop: then only the loop's head is meant.
        is_inside = self.is_for_all or self.line <= (site.end_line or site.line)
        return is_inside and self.statement_line <= site.line <= self.line


class ReadComments(Protocol):
    """Gives the comments of a file, none where it cannot be read; never raises."""

    def __call__(self, file: str, *, is_template: bool) -> Sequence[IgnoreComment]: ...


def no_comments(file: str, *, is_template: bool) -> Sequence[IgnoreComment]:
    """Serve reports that read no source."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The hints that are silenced: ``rules`` maps patterns of traces to codes of hints."""

    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    read_comments: ReadComments = no_comments

    def comments_at(self, sites: Iterable[CallSite]) -> tuple[IgnoreComment, ...]:
        """The comments on lines of these sites, each once."""
        return tuple(
            dict.fromkeys(
                comment
                for site in sites
                for comment in self.read_comments(site.file, is_template=site.is_template)
                if comment.covers(site)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedHint:
    """A hint that is not given, and why: comments that name it, or a pattern of the settings."""

    hint: Hint
    comments: tuple[IgnoreComment, ...] = ()
    pattern: str | None = None


def silence_hints(
    hints: Iterable[Hint], trace: Trace, silence: Silence
) -> tuple[tuple[Hint, ...], tuple[SilencedHint, ...]]:
    """The hints that are left, and those that are silenced."""
    rules = [(p, codes) for p, codes in silence.rules.items() if matches(p, trace)]
    left: list[Hint] = []
    silenced: list[SilencedHint] = []
    for hint in hints:
        found = silence.comments_at(_sites_of(hint))
        comments = tuple(comment for comment in found if hint.code in comment.codes)
        pattern = next((pattern for pattern, codes in rules if hint.code in codes), None)
        if comments or pattern is not None:
            silenced.append(SilencedHint(hint=hint, comments=comments, pattern=pattern))
        else:
            left.append(hint)
    return tuple(left), tuple(silenced)


def unused_comments(
    trace: Trace, queries: Iterable[Query], silenced: Iterable[SilencedHint], silence: Silence
) -> tuple[IgnoreComment, ...]:
    """Comments on lines that issued or built queries of this trace and silenced none of its hints.

    Nothing is said about a file that has changed since: its lines may be others now.
    """
    used = {comment for entry in silenced for comment in entry.comments}
    # By identity first: ten thousand queries share a few sites, and hashing each takes long.
    by_identity = {id(site): site for query in queries for site in _sites_of(query)}
    found = silence.comments_at(dict.fromkeys(by_identity.values()))
    started_at = trace.started_at.timestamp()
    return tuple(c for c in found if c not in used and c.modified_at <= started_at)


def matches(pattern: str, trace: Trace) -> bool:
    """Return whether a pattern fits the trace's name or path, or its URL's or view's name.

    A command is also known by its name alone, without its arguments.
    """
    command = trace.name.partition(" ")[0] if trace.kind == "command" else None
    names = (trace.name, trace.path, trace.url_name, trace.view, command)
    return any(fnmatchcase(name, pattern) for name in names if name is not None)


def _sites_of(found: Hint | Query) -> Iterable[CallSite]:
    """The lines that a hint names, or that a query comes from."""
    others = found.sites if isinstance(found, Hint) else ()
    return (site for site in (found.origin, found.site, *others) if site is not None)
