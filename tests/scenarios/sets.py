"""Sets of related objects that are loaded one by one, and that a prefetch serves: ORM102."""

from __future__ import annotations

from tests.scenarios.models import Shelf
from tests.scenarios.registry import pair
from tests.testapp.models import AudioBook, Book, Genre, Note, Person, Review, ShortBook

ORM102 = "ORM102"

pair(
    "a reverse foreign key, all()",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[review.text for review in book.reviews.all()] for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "its length",
    lambda: Book.objects.order_by("pk"),
    lambda books: [len(book.reviews.all()) for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "whether an object is in it",
    lambda: Book.objects.order_by("pk"),
    lambda books: [Review(pk=1) in book.reviews.all() for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "its truth",
    lambda: Book.objects.order_by("pk"),
    lambda books: ["read" if book.reviews.all() else "unread" for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "its objects and their number",
    lambda: Book.objects.order_by("pk"),
    lambda books: [(book.reviews.count(), list(book.reviews.all())) for book in books],
    good=lambda: Book.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "a set without a name of its own",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[chapter.heading for chapter in book.chapter_set.all()] for book in books],
    good=lambda: Book.objects.prefetch_related("chapter_set").order_by("pk"),
    code=ORM102,
    lookup="chapter_set",
)
pair(
    "a set whose name in lookups is another one",
    lambda: Person.objects.order_by("pk"),
    lambda people: [[copy.pk for copy in person.borrowed.all()] for person in people],
    good=lambda: Person.objects.prefetch_related("borrowed").order_by("pk"),
    code=ORM102,
    lookup="borrowed",
)
pair(
    "a many-to-many relation, forwards",
    lambda: Book.objects.order_by("pk"),
    lambda books: [sorted(genre.name for genre in book.genres.all()) for book in books],
    good=lambda: Book.objects.prefetch_related("genres").order_by("pk"),
    code=ORM102,
    lookup="genres",
)
pair(
    "a many-to-many relation, backwards",
    lambda: Genre.objects.order_by("pk"),
    lambda genres: [sorted(book.title for book in genre.books.all()) for genre in genres],
    good=lambda: Genre.objects.prefetch_related("books").order_by("pk"),
    code=ORM102,
    lookup="books",
)
pair(
    "a symmetrical relation to the same model",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [sorted(other.code for other in s.neighbours.all()) for s in shelves],
    good=lambda: Shelf.objects.prefetch_related("neighbours").order_by("pk"),
    code=ORM102,
    lookup="neighbours",
)
pair(
    "over a table of the project's own",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [sorted(person.name for person in s.keepers.all()) for s in shelves],
    good=lambda: Shelf.objects.prefetch_related("keepers").order_by("pk"),
    code=ORM102,
    lookup="keepers",
)
pair(
    "backwards over a key to another field",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [sorted(copy.pk for copy in shelf.copies.all()) for shelf in shelves],
    good=lambda: Shelf.objects.prefetch_related("copies").order_by("pk"),
    code=ORM102,
    lookup="copies",
)
pair(
    "a generic relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[note.text for note in book.notes.all()] for book in books],
    good=lambda: Book.objects.prefetch_related("notes").order_by("pk"),
    code=ORM102,
    lookup="notes",
)
pair(
    "a generic foreign key",
    lambda: Note.objects.order_by("pk"),
    lambda notes: [note.subject.title for note in notes],
    good=lambda: Note.objects.prefetch_related("subject").order_by("pk"),
    code=ORM102,
    lookup="subject",
)
pair(
    "a set of a parent's table",
    lambda: AudioBook.objects.order_by("pk"),
    lambda books: [[copy.pk for copy in book.copies.all()] for book in books],
    good=lambda: AudioBook.objects.prefetch_related("copies").order_by("pk"),
    code=ORM102,
    lookup="copies",
)
pair(
    "a set of a proxy",
    lambda: ShortBook.objects.order_by("pk"),
    lambda books: [[review.text for review in book.reviews.all()] for book in books],
    good=lambda: ShortBook.objects.prefetch_related("reviews").order_by("pk"),
    code=ORM102,
    lookup="reviews",
)
pair(
    "the pupils of a person",
    lambda: Person.objects.order_by("pk"),
    lambda people: [[pupil.name for pupil in person.pupils.all()] for person in people],
    good=lambda: Person.objects.prefetch_related("pupils").order_by("pk"),
    code=ORM102,
    lookup="pupils",
)
pair(
    "a set whose rows lead on to one object",
    lambda: Book.objects.order_by("pk"),
    lambda books: [[review.user.name for review in book.reviews.all()] for book in books],
    good=lambda: Book.objects.prefetch_related("reviews__user").order_by("pk"),
    code="ORM101",  # the code of the last step
    lookup="reviews__user",
)
