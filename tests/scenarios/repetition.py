"""The same statement with the same parameters again: ORM501 and ORM502."""

from __future__ import annotations

from django.core.paginator import Paginator

from tests.scenarios.registry import pair
from tests.testapp.models import Book, Person

ORM501, ORM502 = "ORM501", "ORM502"

pair(
    "the same object again",
    lambda: Book.objects.get(title="Book 1").pk,
    lambda key: [Book.objects.get(pk=key).title, Book.objects.get(pk=key).pages],
    good=lambda: Book.objects.get(title="Book 1").pk,
    good_read=lambda key: [
        value for book in [Book.objects.get(pk=key)] for value in (book.title, book.pages)
    ],
    code=ORM501,
    fixes=False,
    origin=False,
)
pair(
    "the same list again",
    lambda: Person.objects.order_by("name"),
    lambda people: [[person.name for person in people.all()] for _ in range(3)],
    good=lambda: Person.objects.order_by("name"),
    good_read=lambda people: [[person.name for person in people] for _ in range(3)],
    code=ORM501,
    fixes=False,
)
pair(
    "one object asks for its set again and again",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: [[r.text for r in book.reviews.all()] for _ in range(3)],
    good=lambda: Book.objects.get(title="Book 1"),
    good_read=lambda book: [
        texts for texts in [[r.text for r in book.reviews.all()]] for _ in range(3)
    ],
    code=ORM501,
    fixes=False,
    origin=False,
)
pair(
    "counted again",
    lambda: Book.objects.filter(pages__gte=101),
    lambda books: [books.count(), books.count()],
    good=lambda: Book.objects.filter(pages__gte=101),
    good_read=lambda books: [books.count()] * 2,
    code=ORM502,
    fixes=False,
)
pair(
    "counted by a paginator and by the view",
    lambda: Book.objects.order_by("pk"),
    lambda books: (list(Paginator(books, 2).page(1)), books.count()),
    good=lambda: Paginator(Book.objects.order_by("pk"), 2),
    good_read=lambda paginator: (list(paginator.page(1)), paginator.count),
    code=ORM502,
    fixes=False,
)
