"""GraphQL with Graphene."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import QuerySet
from django.urls import path
from graphene_django import DjangoListField, DjangoObjectType
from graphene_django.views import GraphQLView

from tests.places import models


class Label(DjangoObjectType):
    class Meta:
        model = models.Label
        fields = ["name"]


class Artist(DjangoObjectType):
    class Meta:
        model = models.Artist
        fields = ["name", "label"]


class Genre(DjangoObjectType):
    class Meta:
        model = models.Genre
        fields = ["name"]


class Track(DjangoObjectType):
    class Meta:
        model = models.Track
        fields = ["title", "composer"]


class Album(DjangoObjectType):
    producer_name = graphene.String()

    class Meta:
        model = models.Album
        fields = ["title", "artist", "tracks", "genres"]

    def resolve_producer_name(self, info: Any) -> str:
        return self.producer.name  # <resolver>


class Query(graphene.ObjectType):
    all_albums = DjangoListField(Album)  # <all albums>
    shelf = graphene.List(Album)
    good = graphene.List(Album)

    def resolve_shelf(self, info: Any) -> QuerySet[models.Album]:
        return models.Album.objects.order_by("pk")  # <shelf>

    def resolve_good(self, info: Any) -> QuerySet[models.Album]:
        albums = models.Album.objects.select_related("artist__label", "producer")
        return albums.prefetch_related("tracks__composer", "genres")


urlpatterns = [path("", GraphQLView.as_view(schema=graphene.Schema(query=Query)))]
