"""Shapes of models that the library of ``tests.testapp`` does not have.

A key to another field than the primary one, columns and query names of their own, relations
without a way back, a table between two models, a one-to-one key as primary key, an abstract parent,
a parent of a parent, a default manager that is not called ``objects``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from tests.testapp.models import AudioBook, Book, Person


class Owned(models.Model):
    owner = models.ForeignKey(Person, models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class Shelf(Owned):
    code = models.SlugField(unique=True)
    neighbours = models.ManyToManyField("self", symmetrical=True)
    keepers = models.ManyToManyField(Person, through="Duty", related_name="kept_shelves")

    class Meta:
        ordering: ClassVar[list[str]] = ["-code"]

    def __str__(self) -> str:
        return self.code


class Duty(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="duties")
    person = models.ForeignKey(Person, models.CASCADE, related_name="duties")
    day = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.day


class Volumes(models.QuerySet["Copy"]):
    """Every queryset of copies comes by here; none is to be changed here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_for_loan = False


class Copy(models.Model):
    """A volume on a shelf, which it knows by the shelf's code."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="copies")
    shelf = models.ForeignKey(
        Shelf, models.CASCADE, to_field="code", db_column="stands_on", related_name="copies"
    )
    borrower = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="borrowed", related_query_name="loan"
    )

    volumes = Volumes.as_manager()

    def __str__(self) -> str:
        return f"{self.book_id} on {self.shelf_id}"


class Cover(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, primary_key=True, related_name="cover")
    colour = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.colour


class RadioPlay(AudioBook):
    station = models.ForeignKey(Shelf, models.CASCADE, related_name="plays")


def fill(using: str) -> None:
    """Two copies of each book of the library; each stands on a shelf of its own."""
    books = list(Book.objects.using(using).order_by("pk"))
    people = list(Person.objects.using(using).order_by("pk"))
    shelves = [
        Shelf.objects.using(using).create(code=f"shelf-{n}", owner=people[n])
        for n in range(len(books))
    ]
    for number, (book, shelf) in enumerate(zip(books, shelves, strict=True)):
        shelf.neighbours.add(shelves[number - 1])
        Cover.objects.using(using).create(book=book, colour=f"colour {number}")
        for person, day in ((people[number], "Monday"), (people[number + 1], "Friday")):
            Duty.objects.using(using).create(shelf=shelf, person=person, day=day)
        for reader in (people[-number - 1], None):
            Copy.volumes.using(using).create(book=book, shelf=shelf, borrower=reader)
        play = RadioPlay(
            title=f"Play {number}",
            author=book.author,
            publisher=book.publisher,
            narrator=people[number],
            station=shelf,
        )
        play.save(using=using)
