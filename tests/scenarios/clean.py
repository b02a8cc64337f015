"""Code that looks like waste and is none."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Prefetch

from tests.scenarios.models import Copy
from tests.scenarios.registry import clean
from tests.testapp.models import AudioBook, Book, Chapter, Genre, Note, Person, Review

# -- one row ------------------------------------------------------------------------------------

clean(
    "one row, and what it leads to",
    lambda: Book.objects.filter(title="Book 1"),
    lambda books: [(b.author.country.name, list(b.genres.all()), b.reviews.count()) for b in books],
)
clean(
    "an object from get()",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: (book.author.name, book.publisher.name, list(book.reviews.all())),
)
clean(
    "an object from first()",
    lambda: Book.objects.order_by("pk").first(),
    lambda book: (book.author.name, book.editor.name, book.author.profile.biography),
)
clean(
    "one of many rows is touched",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in books if book.title == "Book 1"],
)
clean(
    "one row of a slice",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in books[:1]],
)
clean(
    "the same parent is asked twice, which is kept",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: [book.author.name, book.author.name],
)
clean(
    "each of two relations of one object",
    lambda: Copy.volumes.exclude(borrower=None).first(),
    lambda copy: (copy.book.title, copy.shelf.code, copy.borrower.name),
)
clean(
    "a set with one object in it",
    lambda: Person.objects.get(name="Person 1"),
    lambda person: [book.publisher.name for book in person.books.filter(title="Book 1")],
)
clean("no row at all", lambda: Book.objects.filter(pages=1), lambda bs: [b.author for b in bs])

# -- loaded as it should be ---------------------------------------------------------------------

clean(
    "select_related()",
    lambda: Book.objects.select_related("author__country", "publisher"),
    lambda books: [(book.author.country.name, book.publisher.name) for book in books],
)
clean(
    "prefetch_related()",
    lambda: Book.objects.prefetch_related("genres", "reviews__user"),
    lambda books: [
        (list(b.genres.all()), [r.user.name for r in b.reviews.all()], b.genres.count())
        for b in books
    ],
)
clean(
    "questions that a prefetch answers",
    lambda: Book.objects.prefetch_related("reviews"),
    lambda books: [
        (b.reviews.count(), b.reviews.exists(), len(b.reviews.all()), b.reviews.all()[:1])
        for b in books
    ],
)
clean(
    "a Prefetch with a queryset",
    lambda: Book.objects.prefetch_related(
        Prefetch("reviews", Review.objects.filter(rating=2).select_related("user"), to_attr="bad")
    ),
    lambda books: [[review.user.name for review in book.bad] for book in books],
)
clean(
    "a prefetch of a foreign key",
    lambda: Book.objects.prefetch_related("author__country"),
    lambda books: [book.author.country.name for book in books],
)
clean(
    "a prefetched generic foreign key",
    lambda: Note.objects.prefetch_related("subject"),
    lambda notes: [note.subject.title for note in notes],
)
clean(
    "a join that stays null",
    lambda: Copy.volumes.filter(borrower=None).select_related("borrower"),
    lambda copies: [copy.borrower for copy in copies],
)
clean(
    "keys that are null ask nothing",
    lambda: Copy.volumes.filter(borrower=None),
    lambda copies: [copy.borrower for copy in copies],
)
clean(
    "only the key is read",
    lambda: Book.objects.order_by("pk"),
    lambda books: [(book.author_id, book.publisher_id) for book in books],
)
clean(
    "the way back from a prefetched object",
    lambda: Book.objects.prefetch_related("chapter_set"),
    lambda books: [[c.book.title for c in book.chapter_set.all()] for book in books],
)
clean(
    "the way back from the objects of one parent",
    lambda: Book.objects.get(title="Book 1"),
    lambda book: [str(chapter) for chapter in book.chapter_set.all()],
)
clean(
    "annotated",
    lambda: Book.objects.annotate(
        number=Count("reviews"), has_notes=Exists(Chapter.objects.filter(book=OuterRef("pk")))
    ),
    lambda books: [(book.number, book.has_notes) for book in books],
)
clean(
    "values",
    lambda: Book.objects.values_list("title", "author__country__name"),
)
clean(
    "a parent's columns come along",
    lambda: AudioBook.objects.order_by("pk"),
    lambda books: [(book.title, book.minutes) for book in books],
)

# -- in depth -----------------------------------------------------------------------------------

clean(
    "everything is used",
    lambda: Book.objects.select_related("author").prefetch_related("genres"),
    lambda books: [(b.title, b.body, b.author.name, list(b.genres.all())) for b in books],
    is_deep=True,
)
clean(
    "used by one row only",
    lambda: Book.objects.select_related("author").prefetch_related("genres"),
    lambda books: [(b.body, b.author, b.genres.all()) for b in books if b.title == "Book 1"],
    is_deep=True,
)
clean(
    "length and rows",
    lambda: Genre.objects.all(),
    lambda genres: (len(genres), [genre.name for genre in genres]),
    is_deep=True,
)
clean(
    "truth and rows",
    lambda: Genre.objects.all(),
    lambda genres: [genre.name for genre in genres] if genres else [],
    is_deep=True,
)
