"""A music shop: foreign keys that may and that may not be null, ``__str__`` that follows one."""

from __future__ import annotations

from functools import cached_property

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import post_init, post_save
from django.dispatch import receiver


class Label(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Artist(models.Model):
    name = models.CharField(max_length=100)
    label = models.ForeignKey(Label, models.CASCADE, related_name="artists")

    def __str__(self) -> str:
        return f"{self.name} ({self.label.name})"


class Producer(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Genre(models.Model):
    name = models.CharField(max_length=100)
    family = models.ForeignKey("self", models.CASCADE, null=True)

    def __str__(self) -> str:
        return self.name


class AlbumQuerySet(models.QuerySet["Album"]):
    def released(self) -> AlbumQuerySet:
        return self.filter(released__isnull=False)


class AlbumManager(models.Manager["Album"]):
    def on_sale(self) -> models.QuerySet[Album]:
        return self.get_queryset().filter(released__isnull=False)  # <on sale>


class Album(models.Model):
    title = models.CharField(max_length=100)
    notes = models.TextField(default="")
    released = models.DateField(null=True)
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="albums")
    producer = models.ForeignKey(Producer, models.SET_NULL, null=True, blank=True)
    genres = models.ManyToManyField(Genre, related_name="albums", blank=True)

    objects = models.Manager.from_queryset(AlbumQuerySet)()
    sales = AlbumManager()

    def __str__(self) -> str:
        return self.title

    @property
    def credit(self) -> str:
        return f"{self.title} by {self.artist.name}"

    @cached_property
    def label_name(self) -> str:
        return self.artist.label.name

    @property
    def track_titles(self) -> list[str]:
        return [track.title for track in self.tracks.all()]


class Track(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="tracks")
    title = models.CharField(max_length=100)
    composer = models.ForeignKey(Artist, models.CASCADE, related_name="tracks")

    def __str__(self) -> str:
        return f"{self.title} by {self.composer.name}"


class HitManager(models.Manager["Hit"]):
    """The model's only manager: whatever asks for hits comes by."""

    def get_queryset(self) -> models.QuerySet[Hit]:
        return super().get_queryset().filter(rank__lte=100)


class Hit(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="hits")
    charts = models.ManyToManyField(Genre, related_name="hits")
    rank = models.PositiveIntegerField(default=1)

    objects = HitManager()

    def __str__(self) -> str:
        return f"{self.rank}"


class Sleeve(models.Model):
    album = models.OneToOneField(Album, models.CASCADE, related_name="sleeve")
    color = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.color


class Comment(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class Ticket(models.Model):
    """Whose signals ask the database."""

    album = models.ForeignKey(Album, models.CASCADE)
    price = models.IntegerField(default=10)

    def __str__(self) -> str:
        return f"{self.price}"


@receiver(post_save, sender=Ticket)
def note_sale(sender: type[Ticket], instance: Ticket, **_: object) -> None:
    assert instance.album.title  # <note sale>


@receiver(post_init, sender=Ticket)
def remember(sender: type[Ticket], instance: Ticket, **_: object) -> None:
    if instance.pk:
        instance.album_title = instance.album.title  # <remember>
