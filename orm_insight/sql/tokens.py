"""A one-pass tokenizer for the SQL of PostgreSQL, SQLite and MySQL.

It is lossless: the texts of all tokens, joined, are the statement. A string or a comment that is
never closed reaches to the end of the text. Time is linear, even for input made to be slow.

If the databases disagree, PostgreSQL decides: double quotes hold a name, backslashes escape
only in ``E'...'``, block comments nest. A text whose comments do not add up that way is read
again from there as MySQL and SQLite read it, without nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import TypeAlias


class Kind(Enum):
    """The kinds of tokens."""

    SPACE = auto()
    COMMENT = auto()
    WORD = auto()
    """A keyword or a bare name."""
    NAME = auto()
    """A quoted name, with its quotes."""
    STRING = auto()
    NUMBER = auto()
    PLACEHOLDER = auto()
    LIST = auto()
    """Two to 64 plain values with the commas between them; only cut so on request."""
    PUNCTUATION = auto()
    """One of ``( ) [ ] , ; .``"""
    OPERATOR = auto()


Token: TypeAlias = tuple[Kind, str]
"""A plain tuple: a statement is cut into hundreds of them."""

# Repetitions are possessive (they never give back), so no alternative is tried twice over the same
# characters; an opening quote without its partner takes the rest of the text. A repeated group
# does not fail after a repetition of its own: before 3.11.5 Python lost its place there.
_PLAIN_VALUE = r"(?: '[^']*+'(?!') | %s\b | \?(?![|&]) | \$?[0-9]++ (?: \.[0-9]++ )? )"
_LIST = rf"{_PLAIN_VALUE} (?: \s*+ , \s*+ {_PLAIN_VALUE} (?= \s*+ [,)\]] ) ){{1,63}}"
_NAME = r"""(?: (?: [uU]& )? " [^"]*+ (?: "" [^"]*+ )*+ (?: " | \Z )
    | ` [^`]*+ (?: `` [^`]*+ )*+ (?: ` | \Z ) )"""
_PLAIN_NAME = r"""(?: "[^"]*+"(?!") | `[^`]*+`(?!`) )"""
_NAMES = rf"""{_NAME} (?: (?: \. | ,[ ] ) {_PLAIN_NAME} ){{0,64}}"""


def _compile(lists: str, names: str) -> re.Pattern[str]:
    return re.compile(
        rf"""
          (?P<SPACE> \s++ )
        | (?P<LIST> {lists} )
        | (?P<STRING> [eE]' [^'\\]*+ (?: (?: \\. | '' ) [^'\\]*+ )*+ (?: ' | \\?\Z )
            | (?: [bBnNxX] | [uU]& )? ' [^']*+ (?: '' [^']*+ )*+ (?: ' | \Z )
            | \$ (?P<tag> (?: [^\W\d] \w*+ )? ) \$ (?: .*? \$ (?P=tag) \$ | .*+ ) )
        | (?P<NAME> {names} )
        | (?P<WORD> [^\W\d] [\w$]*+ )
        | (?P<NUMBER> 0[xX][0-9a-fA-F]++
            | (?: [0-9][0-9_]*+ (?: \.[0-9_]*+ )? | \.[0-9][0-9_]*+ ) (?: [eE][+-]?[0-9]++ )? )
        | (?P<PUNCTUATION> [()\[\],;.] )
        | (?P<COMMENT> --[^\n]*+ )
        | (?P<BLOCK> /\* )
        | (?P<OPERATOR> \?[|&] | :: | := | ->>? | \#>>? | <=> | [<>!]= | <> | \|\| | @> | <@ | && )
        | (?P<PLACEHOLDER> %[sbt]\b | %\([^()]*+\)[sbt]\b | \?[0-9]*+ | [:@$][^\W\d]\w*+
            | \$[0-9]++ )
        | (?P<OTHER> . )
        """,
        re.VERBOSE | re.DOTALL,
    )


_FINE = _compile(lists=r"(?!)", names=_NAME)
_COARSE = _compile(lists=_LIST, names=_NAMES)
_VALUE = re.compile(_PLAIN_VALUE, re.VERBOSE)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BLOCK = _FINE.groupindex["BLOCK"]


def _kinds_by_group() -> tuple[Kind, ...]:
    kinds = [Kind.OPERATOR] * (_FINE.groups + 1)
    for name, number in _FINE.groupindex.items():
        kinds[number] = Kind.__members__.get(name, Kind.OPERATOR)
    return tuple(kinds)


_KINDS = _kinds_by_group()


def tokenize(sql: str, *, coarse: bool = False) -> Iterator[Token]:
    """Cut a statement, or several, into tokens.

    ``coarse`` asks for fewer tokens: a list of quoted names (``"a"."b", "a"."c"``) is one
    ``NAME``, plain values between commas are one ``LIST``. Most of a statement that the ORM
    writes is such lists, and huge ``IN`` lists become cheap.
    """
    find = (_COARSE if coarse else _FINE).finditer
    position = 0
    nests = True
    while position < len(sql):
        comment = None
        for match in find(sql, position):
            group = match.lastindex
            if group == _BLOCK:
                comment = match
                break
            yield _KINDS[group], match[0]  # type: ignore[index]  # a group always matches
        if comment is None:
            return
        end = _end_of_nested(sql, comment.start()) if nests else None
        if end is None:
            # Asked only once for a text: a second search to its end would cost quadratic time.
            nests = False
            end = _end_of_plain(sql, comment.end())
        yield Kind.COMMENT, sql[comment.start() : end]
        position = end


def _end_of_nested(sql: str, start: int) -> int | None:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


def _end_of_plain(sql: str, start: int) -> int:
    end = sql.find("*/", start)
    return len(sql) if end < 0 else end + 2


def without_space(sql: str) -> list[Token]:
    """The tokens of a statement, without white space and comments."""
    return [t for t in tokenize(sql) if t[0] is not Kind.SPACE and t[0] is not Kind.COMMENT]


def bare(name: str) -> str:
    """A name without its quotes."""
    return name.strip('"`')


def count_values(text: str) -> int:
    """The number of values that a ``LIST`` holds."""
    return len(_VALUE.findall(text))


def words(text: str) -> frozenset[str]:
    """A set of keywords, from a line of them."""
    return frozenset(text.split())
