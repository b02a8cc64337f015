"""GraphQL with Strawberry, with and without its optimizer."""

from __future__ import annotations

import strawberry
import strawberry_django
from django.urls import path
from strawberry.django.views import AsyncGraphQLView, GraphQLView
from strawberry_django.optimizer import DjangoOptimizerExtension

from tests.places import models


@strawberry_django.type(models.Label)
class Label:
    name: strawberry.auto


@strawberry_django.type(models.Artist)
class Artist:
    name: strawberry.auto
    label: Label  # <label>


@strawberry_django.type(models.Genre)
class Genre:
    name: strawberry.auto


@strawberry_django.type(models.Track)
class Track:
    title: strawberry.auto
    composer: Artist  # <composer>


@strawberry_django.type(models.Album)
class Album:
    title: strawberry.auto
    artist: Artist  # <artist>
    tracks: list[Track]
    genres: list[Genre]  # <genres>

    @strawberry_django.field
    def credit(self) -> str:
        return f"{self.title} by {self.artist.name}"  # <resolver>


@strawberry.type
class Query:
    albums: list[Album] = strawberry_django.field()  # <albums>

    @strawberry_django.field
    def shelf(self) -> list[Album]:
        return models.Album.objects.order_by("pk")  # <shelf>

    @strawberry.field
    def plain(self) -> list[Album]:
        return models.Album.objects.order_by("pk")  # <plain>


schema = strawberry.Schema(query=Query)
optimized = strawberry.Schema(query=Query, extensions=[DjangoOptimizerExtension])

urlpatterns = [
    path("sync/", GraphQLView.as_view(schema=schema)),
    path("async/", AsyncGraphQLView.as_view(schema=schema)),
    path("optimized/", GraphQLView.as_view(schema=optimized)),
    path("optimized-async/", AsyncGraphQLView.as_view(schema=optimized)),
]
