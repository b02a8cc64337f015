"""Statements that are repeated on purpose, and questions that are asked for different reasons."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F
from django.template import engines

from tests.routers import OneDatabase
from tests.scenarios.models import Shelf
from tests.scenarios.registry import clean
from tests.testapp.models import Book, Chapter, Country, Genre, Person


def person_called(name: str) -> Person:
    return Person.objects.get(name=name)


def keys() -> list[int]:
    return list(Book.objects.order_by("pk").values_list("pk", flat=True))


# -- batches ------------------------------------------------------------------------------------

clean(
    "chunks of an iterator with prefetches",
    lambda: Book.objects.prefetch_related("reviews"),
    lambda books: [list(book.reviews.all()) for book in books.iterator(chunk_size=2)],
)
clean(
    "batches of keys",
    keys,
    lambda found: [
        list(Book.objects.filter(pk__in=found[start : start + 2])) for start in (0, 2, 4)
    ],
)
clean("in_bulk() once", keys, lambda found: Book.objects.in_bulk(found))
clean(
    "bulk_create() in batches",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: Chapter.objects.bulk_create(
        [Chapter(book=book, number=n, heading="x") for n in range(6)], batch_size=2
    ),
)
clean(
    "bulk_update() in batches",
    lambda: list(Book.objects.all()),
    lambda books: Book.objects.bulk_update(books, ["pages"], batch_size=2),
)
clean(
    "one update for all",
    lambda: Book.objects.filter(pages__gte=1),
    lambda books: books.update(pages=F("pages") + 1),
)


def in_savepoints() -> int:
    with transaction.atomic(using=OneDatabase.alias):
        for _ in range(3):
            with transaction.atomic(using=OneDatabase.alias):
                pass
    return Book.objects.count()


clean("savepoints", in_savepoints, lambda number: number)

# -- asked for different reasons ----------------------------------------------------------------

clean(
    "a helper that is called from two places",
    lambda: person_called("Person 1"),
    lambda author: (author.name, person_called("Person 2").name),
)
clean(
    "four lookups on four lines",
    lambda: [
        Book.objects.get(title="Book 0"),
        Book.objects.get(title="Book 1"),
        Book.objects.get(title="Book 2"),
        Book.objects.get(title="Book 3"),
    ],
)
clean(
    "a page and its count",
    lambda: Paginator(Book.objects.order_by("pk"), 2),
    lambda paginator: (list(paginator.page(1)), paginator.num_pages),
)
clean(
    "the number of a paginator in a template",
    lambda: Paginator(Book.objects.order_by("pk"), 2).page(1),
    lambda page: (
        engines["django"]
        .from_string("{% for b in page %}{{ b }}{% endfor %}{{ page.paginator.count }}")
        .render({"page": page})
    ),
)
clean(
    "content types, once each",
    lambda: ContentType.objects.clear_cache(),
    lambda _: [ContentType.objects.get_for_model(model) for model in (Book, Person, Genre)],
)
clean(
    "counted, changed, counted again",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: (
        book.reviews.count(),
        book.reviews.filter(rating=1).delete(),
        book.reviews.count(),
    ),
)
clean(
    "counted, and a part loaded",
    lambda: Book.objects.order_by("pk"),
    lambda books: (books.count(), list(books[:2])),
)
clean(
    "asked, and others loaded",
    lambda: Book.objects.all(),
    lambda books: (books.filter(pages=100).exists(), list(books.filter(pages__gt=100))),
)
clean(
    "one aggregate for all",
    lambda: Country.objects.annotate(number=Count("people")),
    lambda countries: [country.number for country in countries],
)
clean(
    "a subquery",
    lambda: Book.objects.filter(author__in=Person.objects.filter(name__startswith="Person")),
)
clean(
    "two querysets from one line",
    lambda: [Book.objects.filter(pages=pages) for pages in (100, 101)],
    lambda querysets: [list(queryset) for queryset in querysets[:1]],
)


def gathered() -> Any:
    async def titles() -> list[str]:
        return [book.title async for book in Book.objects.select_related("author")]

    async def both() -> Any:
        return await asyncio.gather(titles())

    return async_to_sync(both)()


clean("asynchronous, and joined", gathered)
clean(
    "refreshed, one object",
    lambda: Shelf.objects.get(code="shelf-1"),
    lambda shelf: shelf.refresh_from_db(),
)
