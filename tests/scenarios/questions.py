"""Questions in a loop: about the related objects of each row, and by key: ORM201 to ORM205."""

from __future__ import annotations

from django.db import connections
from django.db.models import Avg, Count, Exists, Max, Min, OuterRef, Sum
from django.shortcuts import get_object_or_404

from tests.routers import OneDatabase
from tests.scenarios.models import Copy, Shelf
from tests.scenarios.registry import pair
from tests.testapp.models import Book, Country, Genre, Person, Review

ORM201, ORM202, ORM203, ORM204, ORM205 = (f"ORM20{n}" for n in range(1, 6))

# -- count(), exists(), aggregate() -------------------------------------------------------------

pair(
    "count() of a reverse foreign key",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.reviews.count() for book in books],
    good=lambda: Book.objects.annotate(review_count=Count("reviews")).order_by("pk"),
    good_read=lambda books: [book.review_count for book in books],
    code=ORM201,
    lookup="reviews",
)
pair(
    "all().count()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.reviews.all().count() for book in books],
    good_read=lambda books: [book.review_count for book in books],
    code=ORM201,
    lookup="reviews",
)
pair(
    "count() of a many-to-many relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.genres.count() for book in books],
    good_read=lambda books: [book.genre_count for book in books],
    code=ORM201,
    lookup="genres",
)
pair(
    "count() of it backwards",
    lambda: Genre.objects.order_by("pk"),
    lambda genres: [genre.books.count() for genre in genres],
    good_read=lambda genres: [genre.book_count for genre in genres],
    code=ORM201,
    lookup="books",
)
pair(
    "count() over a key to another field",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [shelf.copies.count() for shelf in shelves],
    good_read=lambda shelves: [shelf.copy_count for shelf in shelves],
    code=ORM201,
    lookup="copies",
)
pair(
    "count() with conditions",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.reviews.filter(rating=2).count() for book in books],
    good_read=lambda books: [book.rating_2_review_count for book in books],
    code=ORM201,
    lookup="reviews",
)
pair(
    "count() where the queryset joins already",
    lambda: Book.objects.filter(reviews__rating=1).order_by("pk"),
    lambda books: [book.reviews.count() for book in books],
    good_read=lambda books: [book.review_count for book in books],
    code=ORM201,
    lookup="reviews",
)
pair(
    "count() where the model has an order of its own, which GROUP BY would lose",
    lambda: Shelf.objects.all(),
    lambda shelves: [(shelf.code, shelf.copies.count()) for shelf in shelves],
    good_read=lambda shelves: [(shelf.code, shelf.copy_count) for shelf in shelves],
    code=ORM201,
    lookup="copies",
)
pair(
    "aggregate() where the model has an order of its own",
    lambda: Shelf.objects.all(),
    lambda shelves: [s.duties.aggregate(Max("day"))["day__max"] for s in shelves],
    good_read=lambda shelves: [shelf.day_max for shelf in shelves],
    code=ORM203,
    lookup="duties",
)
pair(
    "count() after select_related(), which a prefetch does not serve",
    lambda: Copy.volumes.order_by("pk"),
    lambda copies: [copy.shelf.copies.select_related("book").count() for copy in copies],
    good=lambda: Copy.volumes.select_related("shelf").order_by("pk"),
    good_read=lambda copies: [
        numbers[copy.shelf_id]
        for numbers in [dict(Shelf.objects.values_list("code").annotate(Count("copies")))]
        for copy in copies
    ],
    code=ORM201,
    lookup="shelf__copies",
    others=("ORM101",),  # the shelf itself
    fixes=False,
)
pair(
    "count() after order_by() of objects that are loaded as well",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [
        (len(shelf.copies.all()), shelf.copies.order_by("pk").count()) for shelf in shelves
    ],
    good=lambda: Shelf.objects.prefetch_related("copies").order_by("pk"),
    good_read=lambda shelves: [(len(s.copies.all()), len(s.copies.all())) for s in shelves],
    code=ORM201,
    lookup="copies",
    others=("ORM102",),  # the copies
    fixes=False,
)
pair(
    "count() of two relations",
    lambda: Book.objects.order_by("pk"),
    lambda books: [(book.reviews.count(), book.genres.count()) for book in books],
    good=lambda: Book.objects.annotate(
        review_count=Count("reviews", distinct=True), genre_count=Count("genres", distinct=True)
    ).order_by("pk"),
    good_read=lambda books: [(book.review_count, book.genre_count) for book in books],
    code=ORM201,
    lookup="reviews",
    others=(ORM201,),  # a hint for each of the two
    fixes=False,  # neither is enough alone
)
pair(
    "exists() of a reverse foreign key",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.reviews.exists() for book in books],
    good=lambda: Book.objects.annotate(
        has_reviews=Exists(Review.objects.filter(book=OuterRef("pk")))
    ).order_by("pk"),
    good_read=lambda books: [book.has_reviews for book in books],
    code=ORM202,
    lookup="reviews",
)
pair(
    "all().exists()",
    lambda: Person.objects.order_by("pk"),
    lambda people: [person.books.all().exists() for person in people],
    good_read=lambda people: [person.has_books for person in people],
    code=ORM202,
    lookup="books",
)
pair(
    "exists() of a many-to-many relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.genres.exists() for book in books],
    good_read=lambda books: [book.has_genres for book in books],
    code=ORM202,
    lookup="genres",
)
pair(
    "exists() of a set whose name in lookups is another one",
    lambda: Person.objects.order_by("pk"),
    lambda people: [person.borrowed.exists() for person in people],
    good=lambda: Person.objects.annotate(
        has_borrowed=Exists(Copy.volumes.filter(borrower=OuterRef("pk")))
    ).order_by("pk"),
    good_read=lambda people: [person.has_borrowed for person in people],
    code=ORM202,
    lookup="loan",
)
for name, aggregate in {"sum": Sum, "avg": Avg, "min": Min, "max": Max}.items():
    pair(
        f"aggregate() of {name}",
        lambda: Book.objects.order_by("pk"),
        lambda books, a=aggregate: [list(b.reviews.aggregate(a("rating")).values()) for b in books],
        good_read=lambda books, name=name: [
            [value for key, value in vars(book).items() if key.endswith(name)] for book in books
        ],
        code=ORM203,
        lookup="reviews",
    )
pair(
    "aggregate() with a name",
    lambda: Country.objects.order_by("pk"),
    lambda countries: [c.people.aggregate(last=Max("name"))["last"] for c in countries],
    good_read=lambda countries: [country.name_max for country in countries],
    code=ORM203,
    lookup="people",
)

# -- by key -------------------------------------------------------------------------------------

pair(
    "get(pk=...)",
    lambda: list(Book.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [Book.objects.get(pk=key).title for key in keys],
    good=lambda: list(Book.objects.order_by("pk").values_list("pk", flat=True)),
    good_read=lambda keys: [
        found[key].title for found in [Book.objects.in_bulk(keys)] for key in keys
    ],
    code=ORM204,
    lookup="pk",
    fixes=False,  # it takes the place of the loop
    origin=False,  # the line in the loop
)
pair(
    "get() by another unique field",
    lambda: list(Shelf.objects.order_by("pk").values_list("code", flat=True)),
    lambda codes: [Shelf.objects.get(code=code).pk for code in codes],
    good=lambda: list(Shelf.objects.order_by("pk").values_list("code", flat=True)),
    good_read=lambda codes: [
        found[code].pk
        for found in [Shelf.objects.in_bulk(codes, field_name="code")]
        for code in codes
    ],
    code=ORM204,
    lookup="code",
    fixes=False,
    origin=False,
)
pair(
    "filter(pk=...).first()",
    lambda: list(Book.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [Book.objects.filter(pk=key).first() for key in keys],
    code=ORM204,
    lookup="pk",
    fixes=False,
    origin=False,
)
pair(
    "filter(pk=...).exists()",
    lambda: list(Book.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [Book.objects.filter(pk=key).exists() for key in keys],
    code=ORM204,
    lookup="pk",
    fixes=False,
    origin=False,
)
pair(
    "get_object_or_404()",
    lambda: list(Book.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [get_object_or_404(Book, pk=key).title for key in keys],
    code=ORM204,
    lookup="pk",
    fixes=False,
    origin=False,
)

# -- anything else ------------------------------------------------------------------------------


def count_books(author: int) -> int:
    with connections[OneDatabase.alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM testapp_book WHERE author_id = %s", [author])
        return int(cursor.fetchone()[0])


pair(
    "raw SQL",
    lambda: list(Person.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [count_books(key) for key in keys],
    code=ORM205,
    fixes=False,
    origin=False,
    site=False,  # the line of the cursor
)
pair(
    "raw() for each key",
    lambda: list(Person.objects.order_by("pk").values_list("pk", flat=True)),
    lambda keys: [
        [b.pk for b in Book.objects.raw("SELECT * FROM testapp_book WHERE author_id = %s", [key])]
        for key in keys
    ],
    code=ORM205,
    fixes=False,
    origin=False,
)
pair(
    "a foreign key followed backwards by hand",
    lambda: Person.objects.order_by("pk"),
    lambda people: [[b.title for b in Book.objects.filter(author=person)] for person in people],
    good=lambda: Person.objects.prefetch_related("books").order_by("pk"),
    good_read=lambda people: [[b.title for b in person.books.all()] for person in people],
    code=ORM205,
    lookup="author",
    fixes=False,
    origin=False,
)
pair(
    "values of several fields in the condition",
    lambda: list(Book.objects.order_by("pk").values_list("title", "pages")),
    lambda pairs: [Book.objects.get(title=title, pages=pages).pk for title, pages in pairs],
    code=ORM205,
    fixes=False,
    origin=False,
)
