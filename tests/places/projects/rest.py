"""An API with Django REST Framework: serializers of each kind, viewsets and plain views."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import include, path
from rest_framework import generics, pagination, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView

from tests.places.models import Album, Artist, Genre, Label, Producer, Track


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["name"]


class ArtistSerializer(serializers.ModelSerializer):
    label = LabelSerializer()  # <label>

    class Meta:
        model = Artist
        fields = ["name", "label"]


class NameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Artist
        fields = ["name"]


class TrackSerializer(serializers.ModelSerializer):
    composer = NameSerializer()  # <composer>

    class Meta:
        model = Track
        fields = ["title", "composer"]


class NestedSerializer(serializers.ModelSerializer):
    artist = ArtistSerializer()  # <artist>

    class Meta:
        model = Album
        fields = ["title", "artist"]


class TracksSerializer(serializers.ModelSerializer):
    tracks = TrackSerializer(many=True)  # <tracks>

    class Meta:
        model = Album
        fields = ["title", "tracks"]


class SourceSerializer(serializers.ModelSerializer):
    label = serializers.CharField(source="artist.label.name")  # <source>

    class Meta:
        model = Album
        fields = ["title", "label"]


class BaseSerializer(serializers.Serializer):
    producer_name = serializers.CharField(source="producer.name")  # <inherited>


class DerivedSerializer(BaseSerializer):
    title = serializers.CharField()


class StringSerializer(serializers.ModelSerializer):
    artist = serializers.StringRelatedField()

    class Meta:
        model = Album
        fields = ["title", "artist"]


class ProducerStringSerializer(serializers.ModelSerializer):
    producer = serializers.StringRelatedField()  # <string>

    class Meta:
        model = Album
        fields = ["title", "producer"]


class SlugSerializer(serializers.ModelSerializer):
    producer = serializers.SlugRelatedField(  # <slug>
        slug_field="name", queryset=Producer.objects.all()
    )

    class Meta:
        model = Album
        fields = ["title", "producer"]


class KeysSerializer(serializers.ModelSerializer):
    """Artist and producer are read from the foreign keys' own columns, the genres are not."""

    class Meta:
        model = Album
        fields = ["title", "artist", "producer", "genres"]


class DepthSerializer(serializers.ModelSerializer):
    class Meta:
        model = Album
        fields = ["title", "producer"]
        depth = 1


class LinkedSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Album
        fields = ["url", "title", "tracks"]
        extra_kwargs = {
            "url": {"view_name": "album-detail"},
            "tracks": {"view_name": "track-detail"},
        }


class MethodSerializer(serializers.ModelSerializer):
    artist_name = serializers.SerializerMethodField()

    class Meta:
        model = Album
        fields = ["title", "artist_name"]

    def get_artist_name(self, album: Album) -> str:
        return album.artist.name  # <method field>


class ShelfSerializer(serializers.ListSerializer):
    def to_representation(self, data: Any) -> Any:
        return [{"title": album.title, "by": album.artist.name} for album in data]  # <shelf>


class ShelvedSerializer(serializers.ModelSerializer):
    class Meta:
        model = Album
        fields = ["title"]
        list_serializer_class = ShelfSerializer


class KeySerializer(serializers.ModelSerializer):
    class Meta:
        model = Album
        fields = ["title", "artist", "producer"]


class GenreSerializer(serializers.ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name"]


class ToldSerializer(serializers.ModelSerializer):
    genres = GenreSerializer(many=True, read_only=True)
    artist = serializers.StringRelatedField()

    class Meta:
        model = Album
        fields = ["title", "genres", "artist"]


class NestedViewSet(viewsets.ModelViewSet):
    queryset = Album.objects.order_by("pk")  # <nested viewset>
    serializer_class = NestedSerializer


class TracksViewSet(viewsets.ModelViewSet):
    serializer_class = TracksSerializer

    def get_queryset(self) -> QuerySet[Album]:
        return Album.objects.order_by("pk")  # <tracks viewset>


class Pages(pagination.PageNumberPagination):
    page_size = 3


class PagedViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Album.objects.order_by("pk")  # <paged viewset>
    serializer_class = SourceSerializer
    pagination_class = Pages


def listing(serializer: type[serializers.BaseSerializer]) -> Any:
    """A view of albums with this serializer."""

    class Albums(generics.ListAPIView):
        queryset = Album.objects.order_by("pk")  # <listing>
        serializer_class = serializer

    return Albums.as_view()


class ManagerList(generics.ListAPIView):
    queryset = Album.objects
    serializer_class = ProducerStringSerializer


class GoodViewSet(viewsets.ModelViewSet):
    queryset = Album.objects.select_related("artist__label").prefetch_related("genres")
    serializer_class = ToldSerializer


class GoodTracks(generics.ListAPIView):
    queryset = Album.objects.prefetch_related(
        Prefetch("tracks", queryset=Track.objects.select_related("composer"))
    )
    serializer_class = TracksSerializer


class ByHand(APIView):
    def get(self, request: Request) -> Response:
        albums = Album.objects.order_by("pk")  # <by hand>
        return Response(ProducerStringSerializer(albums, many=True).data)


class PerRow(APIView):
    """A serializer for each row."""

    def get(self, request: Request) -> Response:
        albums = Album.objects.order_by("pk")  # <per row>
        return Response([SourceSerializer(album).data for album in albums])  # <each>


class TrackViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Track.objects.select_related("composer")
    serializer_class = TrackSerializer


class KeyViewSet(viewsets.ModelViewSet):
    """Its page shows a form, with all artists and producers to choose from."""

    queryset = Album.objects.order_by("pk")
    serializer_class = KeySerializer


class DeclaredSerializer(serializers.ModelSerializer):
    artist = serializers.PrimaryKeyRelatedField(
        queryset=Artist.objects.order_by("pk")  # <choices>
    )

    class Meta:
        model = Album
        fields = ["title", "artist"]


class DeclaredViewSet(viewsets.ModelViewSet):
    queryset = Album.objects.order_by("pk")
    serializer_class = DeclaredSerializer


router = DefaultRouter()
router.register("nested", NestedViewSet, basename="album")
router.register("tracks", TracksViewSet, basename="album-tracks")
router.register("track", TrackViewSet)
router.register("paged", PagedViewSet, basename="paged")
router.register("good", GoodViewSet, basename="good")
router.register("keys", KeyViewSet, basename="keys")
router.register("declared", DeclaredViewSet, basename="declared")

urlpatterns = [
    path("", include(router.urls)),
    path("string/", listing(StringSerializer)),
    path("producers/", listing(ProducerStringSerializer)),
    path("slug/", listing(SlugSerializer)),
    path("genres/", listing(KeysSerializer)),
    path("depth/", listing(DepthSerializer)),
    path("linked/", listing(LinkedSerializer)),
    path("method/", listing(MethodSerializer)),
    path("shelf/", listing(ShelvedSerializer)),
    path("derived/", listing(DerivedSerializer)),
    path("manager/", ManagerList.as_view()),
    path("by-hand/", ByHand.as_view()),
    path("per-row/", PerRow.as_view()),
    path("good-tracks/", GoodTracks.as_view()),
]
