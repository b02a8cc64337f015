"""Puts sentences together: titles, summaries, bodies, comments. Pure, fed by one generator."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from demo.seeding.names import CITIES, FIRST_NAMES
from demo.seeding.sentences import COMMENT_ADDITIONS, COMMENTS, ENDINGS, MIDDLES, OPENINGS
from demo.seeding.topics import LESSONS, SPANS, TITLES


def pick(random: Random, choices: Sequence[str]) -> str:
    """One of `choices`; by `random()` alone, which all Python versions compute alike."""
    return choices[int(random.random() * len(choices))]


def fill_slots(sentence: str, random: Random, subject: str) -> str:
    if "{" not in sentence:
        return sentence
    span = pick(random, SPANS)
    return sentence.format(
        subject=subject,
        Subject=subject[0].upper() + subject[1:],
        lesson=pick(random, LESSONS),
        span=span,
        Span=span[0].upper() + span[1:],
        city=pick(random, CITIES),
        name=pick(random, FIRST_NAMES),
    )


def title(random: Random, subject: str) -> str:
    return fill_slots(pick(random, TITLES), random, subject)


def summary(random: Random, subject: str) -> str:
    first, second = pick(random, OPENINGS), pick(random, MIDDLES)
    return f"{fill_slots(first, random, subject)} {fill_slots(second, random, subject)}"


def body(random: Random, subject: str) -> str:
    """Three to six paragraphs."""
    paragraphs = [_paragraph(random, subject) for _ in range(3 + int(random.random() * 4))]
    paragraphs[0] = f"{fill_slots(pick(random, OPENINGS), random, subject)} {paragraphs[0]}"
    paragraphs[-1] = f"{paragraphs[-1]} {fill_slots(pick(random, ENDINGS), random, subject)}"
    return "\n\n".join(paragraphs)


def _paragraph(random: Random, subject: str) -> str:
    start = int(random.random() * len(MIDDLES))
    step = 1 + 2 * int(random.random() * 5)
    length = 3 + int(random.random() * 4)
    chosen = [MIDDLES[(start + step * number) % len(MIDDLES)] for number in range(length)]
    return " ".join(fill_slots(sentence, random, subject) for sentence in chosen)


def comment(random: Random, subject: str) -> str:
    text = fill_slots(pick(random, COMMENTS), random, subject)
    if random.random() < 0.4:
        text = f"{text} {fill_slots(pick(random, COMMENT_ADDITIONS), random, subject)}"
    return text
