"""Looking for words as they stand on a page: in any case, and cut off with an ellipsis.

Every word has to be found somewhere, so the time is linear in what is searched.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

SEARCHED_SQL = 4_000
"""Characters of a statement: as many as its line in a list is made of."""


def words_of(text: str) -> tuple[str, ...]:
    """Each once. An ellipsis stands for what a page leaves out, and is no word."""
    words = (word.strip("…") for word in text.casefold().split())
    return tuple(dict.fromkeys(filter(None, words)))


def has_all(words: Iterable[str], text: str) -> bool:
    searched = folded(text)
    return all(word in searched for word in words)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    return text.casefold()
