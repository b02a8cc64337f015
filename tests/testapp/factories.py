"""Fills a database with a small library."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from tests.testapp.models import (
    Book,
    Chapter,
    Country,
    Genre,
    Note,
    Person,
    Profile,
    Publisher,
    Review,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The objects that were created, each kind in order of its primary key."""

    countries: tuple[Country, ...]
    people: tuple[Person, ...]
    publishers: tuple[Publisher, ...]
    genres: tuple[Genre, ...]
    books: tuple[Book, ...]


def make_library(
    using: str = "default",
    *,
    books: int = 8,
    genres_per_book: int = 2,
    chapters_per_book: int = 2,
    reviews_per_book: int = 2,
    notes_per_book: int = 1,
) -> Library:
    """Every book has an author, an editor and a publisher of its own."""
    countries = tuple(make_country(using, number) for number in range(max(books // 2, 1)))
    people = make_people(using, countries, 2 * books)
    publishers = tuple(make_publisher(using, number) for number in range(books))
    genres = tuple(make_genre(using, number) for number in range(genres_per_book + 1))
    shelf = tuple(make_book(using, number, people, publishers) for number in range(books))
    for number, book in enumerate(shelf):
        book.genres.add(*(genres[(number + step) % len(genres)] for step in range(genres_per_book)))
        add_to_book(
            book,
            people,
            chapters=chapters_per_book,
            reviews=reviews_per_book,
            notes=notes_per_book,
        )
    return Library(
        countries=countries, people=people, publishers=publishers, genres=genres, books=shelf
    )


def make_country(using: str, number: int) -> Country:
    return Country.objects.using(using).create(name=f"Country {number}")


def make_publisher(using: str, number: int) -> Publisher:
    return Publisher.objects.using(using).create(name=f"Publisher {number}")


def make_genre(using: str, number: int) -> Genre:
    return Genre.objects.using(using).create(name=f"Genre {number}")


def make_people(using: str, countries: tuple[Country, ...], count: int) -> tuple[Person, ...]:
    """Each has a profile, and all but the first a mentor."""
    people = tuple(make_person(using, countries, number) for number in range(count))
    for pupil, mentor in zip(people[1:], people, strict=False):
        pupil.mentor = mentor
    Person.objects.using(using).bulk_update(people, ["mentor"])
    return people


def make_person(using: str, countries: tuple[Country, ...], number: int) -> Person:
    country = countries[number % len(countries)]
    person = Person.objects.using(using).create(name=f"Person {number}", country=country)
    Profile.objects.using(using).create(person=person, biography=f"Life of person {number}")
    return person


def make_book(
    using: str, number: int, people: tuple[Person, ...], publishers: tuple[Publisher, ...]
) -> Book:
    return Book.objects.using(using).create(
        title=f"Book {number}",
        pages=100 + number,
        body=f"The text of book {number}. " * 20,
        published=datetime.date(2020, 1, 1) + datetime.timedelta(days=number),
        author=people[number],
        editor=people[len(publishers) + number],
        publisher=publishers[number],
    )


def add_to_book(
    book: Book, people: tuple[Person, ...], *, chapters: int, reviews: int, notes: int
) -> None:
    using = book._state.db
    Chapter.objects.using(using).bulk_create(
        Chapter(book=book, number=number, heading=f"Chapter {number}")
        for number in range(1, chapters + 1)
    )
    Review.objects.using(using).bulk_create(
        Review(
            book=book,
            user=people[(book.pk + number) % len(people)],
            text=f"Review {number}",
            rating=1 + number % 5,
        )
        for number in range(reviews)
    )
    for number in range(notes):
        Note.objects.using(using).create(subject=book, text=f"Note {number}")
