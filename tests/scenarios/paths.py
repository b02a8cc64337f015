"""The origin of the rows: the whole path from the queryset, whatever led there."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.template import engines

from tests.scenarios.models import Copy, RadioPlay, Shelf
from tests.scenarios.registry import pair
from tests.testapp.models import AudioBook, Book, Country, Genre, Note

ORM101, ORM102 = "ORM101", "ORM102"
SHELF = Book.objects.order_by("pk")  # defined at import


def evaluated(queryset: QuerySet[Any]) -> list[Any]:
    """Somebody else's function makes a list of it."""
    return list(queryset)


def owner_of(book: Book) -> str:
    return book.author.country.name  # in a helper


def render(source: str, **context: Any) -> str:
    return engines["django"].from_string(source).render(context)


pair(
    "two steps, both lazily",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.country.name for book in books],
    good=lambda: Book.objects.select_related("author__country").order_by("pk"),
    code=ORM101,
    lookup="author__country",
)
pair(
    "two steps, the first was joined",
    lambda: Book.objects.select_related("author").order_by("pk"),
    lambda books: [book.author.country.name for book in books],
    good=lambda: Book.objects.select_related("author__country").order_by("pk"),
    code=ORM101,
    lookup="author__country",
)
pair(
    "two steps, the first was prefetched",
    lambda: Book.objects.prefetch_related("author").order_by("pk"),
    lambda books: [book.author.country.name for book in books],
    code=ORM101,
    lookup="author__country",
    fixes=False,  # beside the prefetch of the author a join loads the author once more
)
pair(
    "three steps",
    lambda: Copy.volumes.order_by("pk"),
    lambda copies: [copy.book.author.country.name for copy in copies],
    code=ORM101,
    lookup="book__author__country",
)
pair(
    "one to one, after one to one",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.profile.biography for book in books],
    code=ORM101,
    lookup="author__profile",
)
pair(
    "a set, and one object of each of its rows",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[r.user.country.name for r in book.reviews.all()] for book in books],
    code=ORM101,
    lookup="reviews__user__country",
)
pair(
    "below a prefetch",
    lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    lambda books: [[r.user.name for r in book.reviews.all()] for book in books],
    code=ORM101,
    lookup="reviews__user",
)
pair(
    "one object, and a set of its own",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[other.title for other in book.author.books.all()] for book in books],
    code=ORM102,
    lookup="author__books",
)
pair(
    "a set of sets",
    lambda: Country.objects.order_by("pk"),
    lambda countries: [
        [[b.title for b in person.books.all()] for person in country.people.all()]
        for country in countries
    ],
    code=ORM102,
    lookup="people__books",
)
pair(
    "through an attribute of a Prefetch",
    lambda: Country.objects.prefetch_related(Prefetch("people", to_attr="citizens")).order_by("pk"),
    lambda countries: [[p.profile.biography for p in c.citizens] for c in countries],
    code=ORM101,
    lookup="citizens__profile",
)
pair(
    "through a generic foreign key",
    lambda: Note.objects.prefetch_related("subject").order_by("pk"),
    lambda notes: [note.subject.author.name for note in notes],
    code=ORM101,
    lookup="subject__author",
)
pair(
    "from a child through its parents",
    lambda: RadioPlay.objects.order_by("pk"),
    lambda plays: [play.narrator.country.name for play in plays],
    code=ORM101,
    lookup="narrator__country",
)
pair(
    "over a key to another field, and on",
    lambda: Copy.volumes.order_by("pk"),
    lambda copies: [copy.shelf.owner.name for copy in copies],
    code=ORM101,
    lookup="shelf__owner",
)
pair(
    "two relations at once are two hints",
    lambda: Book.objects.order_by("pk"),
    lambda books: [(book.author.name, book.publisher.name) for book in books],
    good=lambda: Book.objects.select_related("author", "publisher").order_by("pk"),
    code=ORM101,
    lookup="author",
    others=(ORM101,),  # the publisher's
)
pair(
    "iterator()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in books.iterator()],
    code=ORM101,
    lookup="author",
)
pair(
    "in_bulk()",
    lambda: Book.objects.all(),
    lambda books: sorted(book.author.name for book in books.in_bulk().values()),
    code=ORM101,
    lookup="author",
)
pair(
    "a slice",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in books[1:4]],
    code=ORM101,
    lookup="author",
)
pair(
    "evaluated by somebody else",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in evaluated(books)],
    code=ORM101,
    lookup="author",
)
pair(
    "read in a helper",
    lambda: Book.objects.order_by("pk"),
    lambda books: [owner_of(book) for book in books],
    code=ORM101,
    lookup="author__country",
    site=False,  # the helper's line
)
pair(
    "defined at import, refined later",
    lambda: SHELF.filter(pages__gte=100),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
    origin=False,  # the line at import
)
pair(
    "chained over several statements",
    lambda: Book.objects.all(),
    lambda books: [b.author.name for b in books.filter(pages__gte=1).order_by("pk").distinct()],
    code=ORM101,
    lookup="author",
)
pair(
    "two querysets, gone through as one",
    lambda: Book.objects.filter(pages__gte=102).order_by("pk"),
    lambda books: [b.author.name for b in chain(books, Book.objects.none())],
    code=ORM101,
    lookup="author",
)
pair(
    "the objects of one parent",
    lambda: Country.objects.get(name="Country 0").people.order_by("pk"),
    lambda people: [person.profile.biography for person in people],
    good=lambda: (
        Country.objects.get(name="Country 0").people.select_related("profile").order_by("pk")
    ),
    code=ORM101,
    lookup="profile",
)
pair(
    "the set of one object, and further",
    lambda: Genre.objects.get(name="Genre 1").books.order_by("pk"),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
)
pair(
    "only() along a join",
    lambda: Book.objects.select_related("author").only("title", "author__name").order_by("pk"),
    lambda books: [book.publisher.name for book in books],
    code=ORM101,
    lookup="publisher",
    fixes=False,  # the key is deferred as well: the fix takes it into only()
)
pair(
    "raw rows",
    lambda: Book.objects.raw("SELECT * FROM testapp_book ORDER BY id"),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
    fixes=False,  # the fix of raw rows is a prefetch, which is no QuerySet's
)
pair(
    "a union has to be repaired in its parts",
    lambda: Book.objects.filter(pages=100).union(Book.objects.filter(pages__gt=100)),
    lambda books: sorted(book.author.name for book in books),
    good=lambda: (
        Book.objects.filter(pages=100)
        .select_related("author")
        .union(Book.objects.filter(pages__gt=100).select_related("author"))
    ),
    code=ORM101,
    lookup="author",
    fixes=False,
)
pair(
    "read in a template",
    lambda: Book.objects.order_by("pk"),
    lambda books: render("{% for b in books %}{{ b.author.name }}{% endfor %}", books=books),
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
    site=False,
)
pair(
    "counted in a template",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: render(
        "{% for s in shelves %}{{ s.copies.count }};{% endfor %}", shelves=shelves
    ),
    good_read=lambda shelves: render(
        "{% for s in shelves %}{{ s.copy_count }};{% endfor %}", shelves=shelves
    ),
    code="ORM201",
    lookup="copies",
    site=False,
)
pair(
    "a set in a template",
    lambda: AudioBook.objects.order_by("pk"),
    lambda books: render(
        "{% for b in books %}{% for c in b.copies.all %}{{ c.pk }}{% endfor %}{% endfor %}",
        books=books,
    ),
    good=lambda: AudioBook.objects.prefetch_related("copies").order_by("pk"),
    code=ORM102,
    lookup="copies",
    site=False,
)
