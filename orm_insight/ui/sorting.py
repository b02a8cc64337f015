"""What a list can be sorted by, in the words of a select: where there is no head to click on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orm_insight.ui.choices import Choice

# Upwards, downwards.
_TIMES = ("oldest first", "newest first")
_TEXTS = ("A to Z", "Z to A")
_NUMBERS = ("smallest first", "largest first")


def sort_choices(columns: Iterable[tuple[str, str]], chosen: str, usual: str) -> tuple[Choice, ...]:
    """Of titles and the sorts that a first click on them means; what is ``usual`` has no value.

    Another order is offered where it is ``chosen`` already.
    """
    return tuple(_choices(columns, chosen, usual))


def _choices(columns: Iterable[tuple[str, str]], chosen: str, usual: str) -> Iterator[Choice]:
    for title, first_sort in columns:
        key = first_sort.removeprefix("-")
        turned = key if first_sort.startswith("-") else f"-{key}"
        for sort in (first_sort, turned):
            if sort in (first_sort, chosen):
                yield Choice(
                    value="" if sort == usual else sort,
                    label=f"{title}, {_order(first_sort, is_down=sort.startswith('-'))}",
                    is_chosen=sort == chosen,
                )


def _order(first_sort: str, *, is_down: bool) -> str:
    if first_sort == "-time":
        return _TIMES[is_down]
    return (_NUMBERS if first_sort.startswith("-") else _TEXTS)[is_down]
