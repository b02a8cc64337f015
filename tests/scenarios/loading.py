"""Data loaded too much, too little, too far down, or in vain: ORM105, ORM106, ORM301 to ORM306."""

from __future__ import annotations

from django.db.models import Prefetch

from tests.scenarios.models import Shelf
from tests.scenarios.registry import pair
from tests.testapp.models import Book, Person, Review

ORM105, ORM106, ORM301 = "ORM105", "ORM106", "ORM301"

# -- deferred columns ---------------------------------------------------------------------------

pair(
    "left out by only()",
    lambda: Book.objects.only("title").order_by("pk"),
    lambda books: [book.pages for book in books],
    good=lambda: Book.objects.only("title", "pages").order_by("pk"),
    code=ORM106,
    lookup="pages",
)
pair(
    "left out by defer()",
    lambda: Book.objects.defer("body").order_by("pk"),
    lambda books: [book.body[:10] for book in books],
    good=lambda: Book.objects.order_by("pk"),
    code=ORM106,
    lookup="body",
)
pair(
    "left out of a joined object",
    lambda: Book.objects.select_related("author").defer("author__name").order_by("pk"),
    lambda books: [book.author.name for book in books],
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM106,
    lookup="author__name",
)
pair(
    "the key of a relation",
    lambda: Shelf.objects.only("code").order_by("pk"),
    lambda shelves: [shelf.owner_id for shelf in shelves],
    code=ORM106,
    lookup="owner",
)

# -- never used, in a recording in depth --------------------------------------------------------

pair(
    "a join for nothing",
    lambda: Book.objects.select_related("author").defer("body").order_by("pk"),
    lambda books: [book.title for book in books],
    good=lambda: Book.objects.defer("body").order_by("pk"),
    code=ORM105,
    lookup="author",
    is_deep=True,
    same_number=True,
)
pair(
    "a join for the key",
    lambda: Book.objects.select_related("author").defer("body").order_by("pk"),
    lambda books: [book.author_id for book in books],
    good=lambda: Book.objects.defer("body").order_by("pk"),
    code=ORM105,
    lookup="author",
    is_deep=True,
    same_number=True,
)
pair(
    "a longer join than needed",
    lambda: Book.objects.select_related("author__country").defer("body").order_by("pk"),
    lambda books: [book.author.name for book in books],
    good=lambda: Book.objects.select_related("author").defer("body").order_by("pk"),
    code=ORM105,
    lookup="author__country",
    is_deep=True,
    same_number=True,
)
pair(
    "a prefetch for nothing",
    lambda: Book.objects.prefetch_related("reviews").defer("body").order_by("pk"),
    lambda books: [book.title for book in books],
    good=lambda: Book.objects.defer("body").order_by("pk"),
    code=ORM105,
    lookup="reviews",
    is_deep=True,
)
pair(
    "a longer prefetch than needed",
    lambda: Person.objects.prefetch_related("reviews__book__genres").order_by("pk"),
    lambda people: [[review.rating for review in p.reviews.all()] for p in people],
    good=lambda: Person.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM105,
    lookup="reviews__book__genres",
    is_deep=True,
)
pair(
    "one of two prefetches",
    lambda: Book.objects.prefetch_related("reviews", "genres").defer("body").order_by("pk"),
    lambda books: [len(book.genres.all()) for book in books],
    good=lambda: Book.objects.prefetch_related("genres").defer("body").order_by("pk"),
    code=ORM105,
    lookup="reviews",
    is_deep=True,
)
pair(
    "a Prefetch for nothing",
    lambda: (
        Book.objects.prefetch_related(Prefetch("reviews", Review.objects.filter(rating=2)))
        .defer("body")
        .order_by("pk")
    ),
    lambda books: [book.title for book in books],
    good=lambda: Book.objects.defer("body").order_by("pk"),
    code=ORM105,
    lookup="reviews",
    is_deep=True,
)
pair(
    "long texts that nobody reads",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.title for book in books],
    good=lambda: Book.objects.defer("body").order_by("pk"),
    code=ORM301,
    lookup="body",
    is_deep=True,
    same_number=True,
)
pair(
    "rows only counted",
    lambda: Book.objects.filter(pages__gte=1),
    lambda books: len(books),
    good=lambda: Book.objects.filter(pages__gte=1),
    good_read=lambda books: books.count(),
    code="ORM303",
    is_deep=True,
    same_number=True,
    fixes=False,  # the fix takes the place of len()
)
pair(
    "rows only asked for",
    lambda: Book.objects.filter(pages__gte=1),
    lambda books: "some" if books else "none",
    good=lambda: Book.objects.filter(pages__gte=1),
    good_read=lambda books: "some" if books.exists() else "none",
    code="ORM304",
    is_deep=True,
    same_number=True,
    fixes=False,  # the fix takes the place of the truth test
)

# -- asked before loading -----------------------------------------------------------------------

pair(
    "exists(), and then the rows",
    lambda: Book.objects.filter(pages__gte=100).order_by("pk"),
    lambda books: [b.title for b in books] if books.exists() else [],
    good=lambda: Book.objects.filter(pages__gte=100).order_by("pk"),
    good_read=lambda books: [b.title for b in books] if books else [],
    code="ORM305",
    fixes=False,
)
pair(
    "count(), and then the rows",
    lambda: Book.objects.filter(pages__gte=100).order_by("pk"),
    lambda books: (books.count(), [book.title for book in books]),
    good=lambda: Book.objects.filter(pages__gte=100).order_by("pk"),
    good_read=lambda books: (len(books), [book.title for book in books]),
    code="ORM305",
    fixes=False,
)
pair(
    "a page far behind",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.title for book in books[5_000:5_020]],
    good=lambda: Book.objects.filter(pk__gt=10**9).order_by("pk"),
    good_read=lambda books: [book.title for book in books[:20]],
    code="ORM306",
    fixes=False,
    same_number=True,
)
