"""Django 6.1: related objects and deferred columns are fetched for all rows at once."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.places.models import Album, Comment


def text(lines: Any) -> HttpResponse:
    return HttpResponse("\n".join(map(str, lines)), content_type="text/plain")


def peers(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk").fetch_mode(models.FETCH_PEERS)
    return text(f"{a.artist.label.name} {a.producer.name} {a.sleeve.color}" for a in albums)


def peers_of_sets(request: HttpRequest) -> HttpResponse:
    modes = models.FETCH_PEERS
    albums = Album.objects.fetch_mode(modes).prefetch_related("tracks")  # <prefetched>
    return text(track.composer.label.name for album in albums for track in album.tracks.all())


def peers_deferred(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.defer("notes", "title").fetch_mode(models.FETCH_PEERS)
    return text(album.title + album.notes for album in albums)


def peers_generic(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.fetch_mode(models.FETCH_PEERS)
    return text(comment.subject.title for comment in comments)


def peers_with_a_set(request: HttpRequest) -> HttpResponse:
    """Sets are beyond it."""
    albums = Album.objects.fetch_mode(models.FETCH_PEERS).order_by("pk")  # <sets>
    return text(sorted(genre.name for genre in album.genres.all()) for album in albums)


def raising(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.select_related("artist").fetch_mode(models.FETCH_RAISE)
    return text(album.artist.name for album in albums)


def one_by_one(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <one by one>
    return text(album.artist.label.name for album in albums)


def sleeves(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <sleeves>
    return text(album.sleeve.color for album in albums)


def deferred(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.defer("notes").order_by("pk")  # <deferred>
    return text(album.notes for album in albums)


def generic(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("pk")  # <generic>
    return text(comment.subject.title for comment in comments)


def far(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("pk")  # <far>
    return text(comment.subject.artist.label.name for comment in comments)


def chunked(request: HttpRequest) -> HttpResponse:
    """Rows of a chunk are peers, but the application wants few in memory."""
    albums = Album.objects.order_by("pk").iterator(chunk_size=2)  # <chunked>
    return text(album.artist.name for album in albums)


def sets(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <plain sets>
    return text([genre.name for album in albums for genre in album.genres.all()])


urlpatterns = [
    path("peers/", peers),
    path("peers-of-sets/", peers_of_sets),
    path("peers-deferred/", peers_deferred),
    path("peers-generic/", peers_generic),
    path("peers-with-a-set/", peers_with_a_set),
    path("raising/", raising),
    path("one-by-one/", one_by_one),
    path("sleeves/", sleeves),
    path("deferred/", deferred),
    path("generic/", generic),
    path("far/", far),
    path("chunked/", chunked),
    path("sets/", sets),
]
