"""The rows of the blog as unsaved objects; the same ones on every run and every machine.

Primary keys are given here and not by the database: rows can then point at each other before
any of them is written, and two databases are filled exactly alike.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from django.utils.text import slugify

from demo.blog.models import Author, Category, Comment, Post, Profile, Tag
from demo.seeding import prose
from demo.seeding.names import CITIES, FIRST_NAMES, LAST_NAMES, OCCUPATIONS, PASTIMES
from demo.seeding.prose import pick
from demo.seeding.topics import TAGS, TOPICS, Topic

FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
LAST_MOMENT = FIRST_DAY + timedelta(days=3 * 365)


class Weighted:
    """Draws positions unevenly: a few come up often, most of them seldom."""

    def __init__(self, random: Random, length: int, steepness: float) -> None:
        ranks = list(range(1, length + 1))
        random.shuffle(ranks)
        self._random = random
        self._limits = list(accumulate(rank**-steepness for rank in ranks))

    def draw(self) -> int:
        return bisect(self._limits, self._random.random() * self._limits[-1])


def authors(count: int) -> list[Author]:
    random = Random("authors")
    pairs = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    random.shuffle(pairs)
    result = []
    for number, (first, last) in enumerate(pairs[:count], start=1):
        slug = slugify(f"{first} {last}")
        domain = pick(random, ("example.com", "example.net", "example.org"))
        result.append(
            Author(
                pk=number,
                name=f"{first} {last}",
                slug=slug,
                email=f"{slug.replace('-', '.')}@{domain}",
                joined_at=FIRST_DAY - timedelta(hours=random.random() * 24 * 700),
            )
        )
    return result


def profiles(writers: Sequence[Author]) -> Iterator[Profile]:
    random = Random("profiles")
    for writer in writers:
        city, occupation = pick(random, CITIES), pick(random, OCCUPATIONS)
        article = "an" if occupation[0] in "aeiou" else "a"
        first_name = writer.name.partition(" ")[0]
        yield Profile(
            pk=writer.pk,
            author_id=writer.pk,
            headline=f"{occupation.capitalize()} in {city}",
            city=city,
            biography=f"{first_name} is {article} {occupation} in {city} who "
            f"{pick(random, PASTIMES)} and {pick(random, PASTIMES)}.",
        )


def categories() -> list[Category]:
    return [
        Category(
            pk=number, name=topic.name, slug=slugify(topic.name), description=topic.description
        )
        for number, topic in enumerate(TOPICS, start=1)
    ]


def tags() -> list[Tag]:
    return [
        Tag(pk=number, name=name, slug=slugify(name)) for number, name in enumerate(TAGS, start=1)
    ]


def subject_of(random: Random, topic: Topic) -> str:
    return pick(random, topic.subjects)


def posts(count: int, writers: Sequence[Author]) -> tuple[list[Post], list[str]]:
    """The posts from the oldest to the newest, and what each of them is about."""
    random = Random("posts")
    topics = Weighted(random, len(TOPICS), 0.4)
    author = Weighted(random, len(writers), 0.6)
    moments = sorted(random.random() for _ in range(count))
    titles: Counter[str] = Counter()
    result, subjects = [], []
    for number, moment in enumerate(moments, start=1):
        position = topics.draw()
        subject = subject_of(random, TOPICS[position])
        title = prose.title(random, subject)
        titles[title] += 1
        if titles[title] > 1:
            title = f"{title} (part {titles[title]})"
        subjects.append(subject)
        result.append(
            Post(
                pk=number,
                title=title,
                slug=f"{slugify(title)}-{number}",
                author_id=writers[author.draw()].pk,
                category_id=position + 1,
                summary=prose.summary(random, subject),
                body=prose.body(random, subject),
                published_at=FIRST_DAY + moment * (LAST_MOMENT - FIRST_DAY),
                views=int(40 / (1.001 - random.random()) ** 1.1),
            )
        )
    return result, subjects


def post_tags(count: int) -> Iterator[tuple[int, int]]:
    """Pairs of post and tag, one to five tags a post."""
    random = Random("post tags")
    tag = Weighted(random, len(TAGS), 0.5)
    for number in range(1, count + 1):
        wanted = 1 + int(random.random() * 5)
        for position in sorted({tag.draw() for _ in range(wanted)}):
            yield number, position + 1


def comments(
    count: int, articles: Sequence[Post], subjects: Sequence[str], readers: Sequence[Author]
) -> Iterator[Comment]:
    """Comments in the order of posts drawn: most come soon after the post, some years later."""
    random = Random("comments")
    article = Weighted(random, len(articles), 0.7)
    reader = Weighted(random, len(readers), 0.8)
    for number in range(1, count + 1):
        position = article.draw()
        post, author = articles[position], readers[reader.draw()]
        share = random.random() ** 6
        yield Comment(
            pk=number,
            post_id=post.pk,
            author_id=author.pk,
            author_email=author.email,
            body=prose.comment(random, subjects[position]),
            created_at=post.published_at + share * (LAST_MOMENT - post.published_at),
        )
