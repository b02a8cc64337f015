"""Forward keys and one-to-one relations, loaded one by one: ORM101."""

from __future__ import annotations

import warnings
from typing import Any

from django.db.models import FilteredRelation, Prefetch, Q, QuerySet

from tests.otherapp.models import Book as AccountBook
from tests.scenarios.models import Copy, Cover, Duty, RadioPlay, Shelf
from tests.scenarios.registry import pair
from tests.testapp.models import AudioBook, Book, Chapter, Person, Profile, Review, ShortBook

ORM101 = "ORM101"


def with_all_related(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Deprecated since Django 6.1, and still in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return queryset.select_related()


pair(
    "a foreign key",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.author.name for book in books],
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
)
pair(
    "the second of two keys to one model",
    lambda: Book.objects.exclude(editor=None).order_by("pk"),
    lambda books: [book.editor.name for book in books],
    good=lambda: Book.objects.exclude(editor=None).select_related("editor").order_by("pk"),
    code=ORM101,
    lookup="editor",
)
pair(
    "a key to a UUID that is not called id",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.publisher.name for book in books],
    good=lambda: Book.objects.select_related("publisher").order_by("pk"),
    code=ORM101,
    lookup="publisher",
)
pair(
    "a key that is null in half of the rows",
    lambda: Copy.volumes.order_by("pk"),
    lambda copies: [copy.borrower and copy.borrower.name for copy in copies],
    good=lambda: Copy.volumes.select_related("borrower").order_by("pk"),
    code=ORM101,
    lookup="borrower",
)
pair(
    "a key to another field, in a column with its own name",
    lambda: Copy.volumes.order_by("pk"),
    lambda copies: [copy.shelf.code for copy in copies],
    good=lambda: Copy.volumes.select_related("shelf").order_by("pk"),
    code=ORM101,
    lookup="shelf",
)
pair(
    "a key of an abstract parent, without a way back",
    lambda: Shelf.objects.order_by("pk"),
    lambda shelves: [shelf.owner.name for shelf in shelves],
    good=lambda: Shelf.objects.select_related("owner").order_by("pk"),
    code=ORM101,
    lookup="owner",
)
pair(
    "a key to the same model",
    lambda: Person.objects.exclude(mentor=None).order_by("pk"),
    lambda people: [person.mentor.name for person in people],
    good=lambda: Person.objects.exclude(mentor=None).select_related("mentor").order_by("pk"),
    code=ORM101,
    lookup="mentor",
)
pair(
    "up three steps in the same model",
    lambda: Person.objects.filter(mentor__mentor__mentor__isnull=False).order_by("pk"),
    lambda people: [person.mentor.mentor.mentor.name for person in people],
    code=ORM101,
    lookup="mentor__mentor__mentor",
)
pair(
    "a one-to-one relation, forwards",
    lambda: Profile.objects.order_by("pk"),
    lambda profiles: [profile.person.name for profile in profiles],
    good=lambda: Profile.objects.select_related("person").order_by("pk"),
    code=ORM101,
    lookup="person",
)
pair(
    "a one-to-one relation, backwards",
    lambda: Person.objects.order_by("pk"),
    lambda people: [person.profile.biography for person in people],
    good=lambda: Person.objects.select_related("profile").order_by("pk"),
    code=ORM101,
    lookup="profile",
)
pair(
    "a one-to-one relation that is the primary key",
    lambda: Cover.objects.order_by("pk"),
    lambda covers: [cover.book.title for cover in covers],
    good=lambda: Cover.objects.select_related("book").order_by("pk"),
    code=ORM101,
    lookup="book",
)
pair(
    "backwards to a primary key that is a relation",
    lambda: Book.objects.filter(cover__isnull=False).order_by("pk"),
    lambda books: [book.cover.colour for book in books],
    code=ORM101,
    lookup="cover",
)
pair(
    "the table between two models",
    lambda: Duty.objects.order_by("pk"),
    lambda duties: [f"{duty.person.name} on {duty.day}" for duty in duties],
    good=lambda: Duty.objects.select_related("person").order_by("pk"),
    code=ORM101,
    lookup="person",
)
pair(
    "a key of a parent's table",
    lambda: AudioBook.objects.order_by("pk"),
    lambda books: [book.publisher.name for book in books],
    good=lambda: AudioBook.objects.select_related("publisher").order_by("pk"),
    code=ORM101,
    lookup="publisher",
)
pair(
    "a key of a child with two parents' tables",
    lambda: RadioPlay.objects.order_by("pk"),
    lambda plays: [play.station.code for play in plays],
    good=lambda: RadioPlay.objects.select_related("station").order_by("pk"),
    code=ORM101,
    lookup="station",
)
pair(
    "from the parent to the child's row",
    lambda: Book.objects.filter(audiobook__isnull=False).order_by("pk"),
    lambda books: [book.audiobook.minutes for book in books],
    code=ORM101,
    lookup="audiobook",
)
pair(
    "a proxy",
    lambda: ShortBook.objects.order_by("pk"),
    lambda books: [book.author.name for book in books],
    good=lambda: ShortBook.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
)
pair(
    "a model of the same name in another app",
    lambda: (
        AccountBook.objects.bulk_create(
            AccountBook(name=person.name, keeper=person) for person in Person.objects.all()[:3]
        )
        and AccountBook.objects.order_by("pk")
    ),
    lambda books: [book.keeper.name for book in books],
    code=ORM101,
    lookup="keeper",
    fixes=False,  # building the queryset again would create the rows again
)
pair(
    "all rows ask for one and the same object",
    lambda: Review.objects.filter(book__title="Book 1").order_by("pk"),
    lambda reviews: [review.book.title for review in reviews],
    code=ORM101,
    lookup="book",
)
pair(
    "in __str__",
    lambda: Chapter.objects.order_by("pk"),
    lambda chapters: [str(chapter) for chapter in chapters],
    good=lambda: Chapter.objects.select_related("book").order_by("pk"),
    code=ORM101,
    lookup="book",
    site=False,  # the line of the model
)
pair(
    "in a property",
    lambda: Book.objects.order_by("pk"),
    lambda books: [book.byline for book in books],
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
    site=False,  # the line of the model
)
pair(
    "by getattr, as serializers do",
    lambda: Book.objects.order_by("pk"),
    lambda books: [getattr(book, name).name for book in books for name in ("author",)],
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
)
pair(
    "select_related() of another relation is there",
    lambda: Book.objects.select_related("publisher").order_by("pk"),
    lambda books: [book.publisher.name + book.author.name for book in books],
    good=lambda: Book.objects.select_related("publisher", "author").order_by("pk"),
    code=ORM101,
    lookup="author",
)
pair(
    "a bare select_related() passes over what may be null",
    lambda: with_all_related(Book.objects.exclude(editor=None).order_by("pk")),
    lambda books: [book.editor.name for book in books],
    code=ORM101,
    lookup="editor",
)
pair(
    "a filter over the relation loads nothing of it",
    lambda: Book.objects.filter(author__name__startswith="Person").order_by("pk"),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
)
pair(
    "so does a filtered relation",
    lambda: Book.objects.annotate(
        writer=FilteredRelation("author", condition=Q(author__name__startswith="Person"))
    ).order_by("pk"),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
)
pair(
    "values of the key are there, the object is not",
    lambda: Book.objects.only("title", "author").order_by("pk"),
    lambda books: [book.author.name for book in books],
    code=ORM101,
    lookup="author",
)
pair(
    "two lines ask for the same relation",
    lambda: Book.objects.order_by("pk"),
    lambda books: (
        [book.author.name for book in books if book.pages == 100],
        [book.author.name for book in books if book.pages != 100],
    ),
    good=lambda: Book.objects.select_related("author").order_by("pk"),
    code=ORM101,
    lookup="author",
)
pair(
    "below a Prefetch with a queryset, which is where to change it",
    lambda: Book.objects.prefetch_related(
        Prefetch("reviews", Review.objects.select_related("user").order_by("pk"))
    ).order_by("pk"),
    lambda books: [[review.user.country.name for review in b.reviews.all()] for b in books],
    code=ORM101,
    lookup="user__country",
    fixes=False,  # it belongs to the inner queryset
)
