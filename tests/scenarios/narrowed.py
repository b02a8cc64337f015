"""Questions to sets one by one that a prefetch does not serve: ORM103 and ORM104."""

from __future__ import annotations

from django.db.models import F, Prefetch

from tests.scenarios.registry import pair
from tests.testapp.models import Book, Country, Review

ORM103, ORM104 = "ORM103", "ORM104"

# -- what a prefetch does not serve -------------------------------------------------------------

pair(
    "filter()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[r.text for r in book.reviews.filter(rating=2)] for book in books],
    good=lambda: Book.objects.prefetch_related(
        Prefetch("reviews", Review.objects.filter(rating=2), to_attr="matching_reviews")
    ).order_by("pk"),
    good_read=lambda books: [[r.text for r in book.matching_reviews] for book in books],
    code=ORM103,
    lookup="reviews",
)
pair(
    "filter() with several conditions",
    lambda: Book.objects.order_by("pk"),
    lambda books: [
        sorted(r.text for r in book.reviews.filter(rating__gte=1, text__contains="1"))
        for book in books
    ],
    good_read=lambda books: [sorted(r.text for r in book.matching_reviews) for book in books],
    code=ORM103,
    lookup="reviews",
)
pair(
    "filter() over a relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [
        sorted(r.text for r in book.reviews.filter(user__name__startswith="Person"))
        for book in books
    ],
    good_read=lambda books: [sorted(r.text for r in book.matching_reviews) for book in books],
    code=ORM103,
    lookup="reviews",
)
pair(
    "order_by()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[r.rating for r in book.reviews.order_by("-rating")] for book in books],
    good_read=lambda books: [[r.rating for r in book.ordered_reviews] for book in books],
    code=ORM103,
    lookup="reviews",
)
pair(
    "select_related()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [
        [r.user.name for r in book.reviews.select_related("user").order_by("pk")] for book in books
    ],
    good_read=lambda books: [[r.user.name for r in book.ordered_reviews] for book in books],
    code=ORM103,
    lookup="reviews",
)
pair(
    "filter() of a many-to-many relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[g.name for g in book.genres.filter(name="Genre 1")] for book in books],
    good_read=lambda books: [[g.name for g in book.matching_genres] for book in books],
    code=ORM103,
    lookup="genres",
)
pair(
    "filter() of a generic relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[n.text for n in book.notes.filter(text="Note 0")] for book in books],
    good_read=lambda books: [[n.text for n in book.matching_notes] for book in books],
    code=ORM103,
    lookup="notes",
)
pair(
    "conditions that vary from row to row have only advice",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[r.pk for r in b.reviews.filter(rating=1 + b.pk % 3)] for b in books],
    code=ORM103,
    lookup="reviews",
    fixes=False,
)
for method, ask in {
    "values_list()": lambda reviews: list(reviews.values_list("text", flat=True)),
    "values()": lambda reviews: list(reviews.values("text")),
    "last()": lambda reviews: reviews.last(),
    "latest()": lambda reviews: reviews.latest("rating"),
    "earliest()": lambda reviews: reviews.earliest("rating"),
    "get()": lambda reviews: reviews.get(rating=1),
    "first()": lambda reviews: reviews.first(),
    "iterator()": lambda reviews: list(reviews.iterator()),
    "distinct()": lambda reviews: list(reviews.distinct()),
    "in_bulk()": lambda reviews: reviews.in_bulk(),
    "exclude()": lambda reviews: list(reviews.exclude(rating=1)),
    "a slice": lambda reviews: list(reviews.order_by("pk")[:1]),
    "reverse()": lambda reviews: list(reviews.order_by("rating").reverse()),
    "annotate()": lambda reviews: list(reviews.annotate(twice=F("rating") * 2)),
}.items():
    pair(
        method,
        lambda: Book.objects.filter(reviews__rating=1).order_by("pk"),
        lambda books, ask=ask: [ask(book.reviews) for book in books],
        code=ORM103,
        lookup="reviews",
        fixes=False,  # what is asked of the prefetched list differs from method to method
        site=False,  # the line above
    )

# -- prefetched, and asked again ----------------------------------------------------------------

pair(
    "prefetched, and filtered",
    lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    lambda books: [[r.text for r in book.reviews.filter(rating=2)] for book in books],
    good=lambda: Book.objects.prefetch_related(
        Prefetch("reviews", Review.objects.filter(rating=2), to_attr="matching_reviews")
    ).order_by("pk"),
    good_read=lambda books: [[r.text for r in book.matching_reviews] for book in books],
    code=ORM104,
    lookup="reviews",
)
pair(
    "prefetched, and ordered",
    lambda: Book.objects.prefetch_related("genres").order_by("pk"),
    lambda books: [[g.name for g in book.genres.order_by("name")] for book in books],
    good_read=lambda books: [[g.name for g in book.ordered_genres] for book in books],
    code=ORM104,
    lookup="genres",
)
pair(
    "prefetched, and the newest taken",
    lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    lambda books: [book.reviews.order_by("-rating", "pk").first() for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    good_read=lambda books: [
        min(book.reviews.all(), key=lambda r: (-r.rating, r.pk), default=None) for book in books
    ],
    code=ORM104,
    lookup="reviews",
    fixes=False,  # the list has one object, and is read in another way
)
pair(
    "prefetched over two steps, and filtered at the end",
    lambda: Country.objects.prefetch_related("people__books").order_by("pk"),
    lambda countries: [
        [b.title for p in country.people.all() for b in p.books.filter(pages__gte=102)]
        for country in countries
    ],
    good_read=lambda countries: [
        [b.title for p in country.people.all() for b in p.matching_books] for country in countries
    ],
    code=ORM104,
    lookup="people__books",
)
pair(
    "prefetched, and loaded with another relation",
    lambda: Book.objects.prefetch_related("copies").order_by("pk"),
    lambda books: [
        [c.shelf.code for c in b.copies.select_related("shelf").order_by("pk")] for b in books
    ],
    good_read=lambda books: [[c.shelf.code for c in b.ordered_copies] for b in books],
    code=ORM104,
    lookup="copies",
)
