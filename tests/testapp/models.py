"""A library: one model for each kind of relation that Django knows.

Two foreign keys to the same model, a primary key that is not called ``id``, names chosen and left
to Django, a parent table, a proxy, a generic relation and a property that follows a foreign key.
"""

from __future__ import annotations

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    name = models.CharField(max_length=100)
    country = models.ForeignKey(Country, models.CASCADE, related_name="people")
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils")

    def __str__(self) -> str:
        return self.name

    @property
    def origin_name(self) -> str:
        return f"{self.name} of {self.country.name}"


class Profile(models.Model):
    person = models.OneToOneField(Person, models.CASCADE, related_name="profile")
    biography = models.TextField()

    def __str__(self) -> str:
        return self.biography


class Publisher(models.Model):
    uid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Genre(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class Book(models.Model):
    title = models.CharField(max_length=200)
    pages = models.PositiveIntegerField(default=100)
    body = models.TextField(default="")
    published = models.DateField(null=True)
    author = models.ForeignKey(Person, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="edited_books")
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="books")
    genres = models.ManyToManyField(Genre, related_name="books")
    notes = GenericRelation(Note, related_query_name="book")

    def __str__(self) -> str:
        return self.title

    @property
    def byline(self) -> str:
        return f"{self.title} by {self.author.name}"


class AudioBook(Book):
    """A child with a table of its own beside the parent's."""

    narrator = models.ForeignKey(Person, models.CASCADE, related_name="narrated_books")
    minutes = models.PositiveIntegerField(default=60)


class ShortBook(Book):
    """The same rows by another name."""

    class Meta:
        proxy = True


class Chapter(models.Model):
    """Reached as ``book.chapter_set``, which a lookup spells ``chapter``."""

    book = models.ForeignKey(Book, models.CASCADE)
    number = models.PositiveIntegerField()
    heading = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.book.title}: {self.heading}"


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")
    user = models.ForeignKey(Person, models.CASCADE, related_name="reviews")
    text = models.TextField()
    rating = models.PositiveSmallIntegerField(default=3)

    def __str__(self) -> str:
        return f"{self.user.name} on {self.book.title}"
