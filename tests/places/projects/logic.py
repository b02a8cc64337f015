"""The work of models, managers, signals and middleware around a view."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.generic import ListView

from tests.places.models import Album, Artist, Genre, Hit, Ticket


def text(lines: Any) -> HttpResponse:
    return HttpResponse("\n".join(map(str, lines)), content_type="text/plain")


def properties(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <properties>
    return text(album.credit for album in albums)


def cached(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <cached>
    return text(album.label_name + album.label_name for album in albums)


def sets(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <sets>
    return text(",".join(album.track_titles) for album in albums)


def custom(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.released().order_by("pk")  # <custom>
    return text(album.credit for album in albums)


def managed(request: HttpRequest) -> HttpResponse:
    return text(album.credit for album in Album.sales.on_sale())


def hits(request: HttpRequest) -> HttpResponse:
    return text(hit.album.title for hit in Hit.objects.order_by("pk"))  # <hits>


def hits_of_albums(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <hits of albums>
    return text([hit.rank for hit in album.hits.all()] for album in albums)  # <each hit>


def charts(request: HttpRequest) -> HttpResponse:
    hits = Hit.objects.order_by("pk")  # <charts>
    return text([genre.name for genre in hit.charts.all()] for hit in hits)  # <each chart>


def hits_of_genres(request: HttpRequest) -> HttpResponse:
    genres = Genre.objects.order_by("pk")  # <hits of genres>
    return text([hit.rank for hit in genre.hits.all()] for genre in genres)  # <each of genre>


class HitList(ListView):
    model = Hit
    template_name = "places/hits.html"


def good(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.select_related("artist__label").prefetch_related("tracks")
    return text(f"{a.credit}{a.label_name}{a.track_titles}" for a in albums)


def one(request: HttpRequest) -> HttpResponse:
    album = Album.objects.get(title="Album 1")
    return text([album.credit, album.label_name, *album.track_titles])


def initialised(request: HttpRequest) -> HttpResponse:
    tickets = Ticket.objects.order_by("pk")  # <tickets>
    return text(ticket.album_title for ticket in tickets)


class ShopMiddleware:
    """Looks at all albums before the view does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.credits = [a.artist.name for a in Album.objects.order_by("pk")]  # <middleware>
        return self.get_response(request)


def short(request: HttpRequest) -> HttpResponse:
    return text(request.credits)


# -- asynchronous -------------------------------------------------------------------------------


async def loop(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <async shelf>
    names = [await name_of(album) async for album in albums]
    return text(names)


@sync_to_async
def name_of(album: Album) -> str:
    return album.artist.name  # <in a thread>


async def threaded(request: HttpRequest) -> HttpResponse:
    return text(await sync_to_async(lines_of_all)())


def lines_of_all() -> list[str]:
    albums = Album.objects.order_by("pk")  # <all in a thread>
    return [album.credit for album in albums]


async def good_loop(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.select_related("artist").prefetch_related("tracks")
    return text([album.credit + str(album.track_titles) async for album in albums])


async def sets_of_all(request: HttpRequest) -> HttpResponse:
    albums = Album.objects.order_by("pk")  # <async sets>
    lines = [[genre.name async for genre in album.genres.all()] async for album in albums]  # <in>
    return text(map(str, lines))


async def looked_up(request: HttpRequest) -> HttpResponse:
    names = []
    for number in range(3):
        artist = await Artist.objects.aget(name=f"Artist {number}")  # <aget>
        names.append(artist.name)
    return text(names)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for album in albums_of_shop():
            yield album.artist.name  # <streamed>

    return StreamingHttpResponse(lines())


def albums_of_shop() -> QuerySet[Album]:
    return Album.objects.order_by("pk")  # <of shop>


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        async for album in Album.objects.select_related("artist"):
            yield album.artist.name

    return StreamingHttpResponse(lines())


urlpatterns = [
    path("properties/", properties),
    path("cached/", cached),
    path("sets/", sets),
    path("custom/", custom),
    path("hits/", hits),
    path("hits-of-albums/", hits_of_albums),
    path("hits-of-genres/", hits_of_genres),
    path("charts/", charts),
    path("hit-list/", HitList.as_view()),
    path("managed/", managed),
    path("good/", good),
    path("one/", one),
    path("initialised/", initialised),
    path("short/", short),
    path("loop/", loop),
    path("threaded/", threaded),
    path("good-loop/", good_loop),
    path("async-sets/", sets_of_all),
    path("looked-up/", looked_up),
    path("stream/", stream),
    path("stream-async/", stream_async),
]
