"""Generic views: with a model, a queryset, a method, and of a base class of the project."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.views.generic import (
    DateDetailView,
    DayArchiveView,
    DetailView,
    ListView,
    YearArchiveView,
)

from tests.places.models import Album


class AlbumList(ListView):
    model = Album
    template_name = "places/artists.html"


class PagedList(ListView):
    model = Album
    paginate_by = 3
    ordering = "pk"
    template_name = "places/labels.html"


class QuerysetList(ListView):
    queryset = Album.objects.order_by("pk")
    template_name = "places/artists.html"


class MethodList(ListView):
    template_name = "places/artists.html"

    def get_queryset(self) -> QuerySet[Album]:
        albums = Album.objects.all()  # <method>
        return albums.filter(released__isnull=False)


class SuperList(ListView):
    model = Album
    template_name = "places/artists.html"

    def get_queryset(self) -> QuerySet[Album]:
        return super().get_queryset().order_by("pk")


class ShopList(ListView):
    """The project's own base class."""

    paginate_by = 50
    ordering = "pk"
    template_name = "places/artists.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs)


class DerivedList(ShopList):
    model = Album


class ReleasedList(ListView):
    """A base class with a line that is not for one model alone."""

    template_name = "places/artists.html"

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(released__isnull=False)


class ReleasedAlbums(ReleasedList):
    model = Album


class ManagedList(ListView):
    model = Album
    template_name = "places/artists.html"

    def get_queryset(self) -> QuerySet[Album]:
        return Album.sales.on_sale()


class SleeveList(ListView):  # <sleeves>
    model = Album
    template_name = "places/sleeves.html"


class GoodList(ListView):
    queryset = Album.objects.select_related("artist")
    template_name = "places/artists.html"


class AlbumDetail(DetailView):
    model = Album
    template_name = "places/detail.html"


class GoodDetail(DetailView):
    queryset = Album.objects.prefetch_related("tracks__composer__label")
    template_name = "places/detail.html"


class Year(YearArchiveView):
    model = Album
    date_field = "released"
    make_object_list = True
    template_name = "places/artists.html"


class Day(DayArchiveView):
    model = Album
    date_field = "released"
    month_format = "%m"
    template_name = "places/artists.html"


class DayDetail(DateDetailView):
    model = Album
    date_field = "released"
    month_format = "%m"
    template_name = "places/detail.html"


urlpatterns = [
    path("list/", AlbumList.as_view()),
    path("paged/", PagedList.as_view()),
    path("queryset/", QuerysetList.as_view()),
    path("method/", MethodList.as_view()),
    path("super/", SuperList.as_view()),
    path("derived/", DerivedList.as_view()),
    path("released/", ReleasedAlbums.as_view()),
    path("without-class/", ListView.as_view(model=Album, template_name="places/artists.html")),
    path("managed/", ManagedList.as_view()),
    path("sleeves/", SleeveList.as_view()),
    path("good/", GoodList.as_view()),
    path("detail/<int:pk>/", AlbumDetail.as_view()),
    path("good-detail/<int:pk>/", GoodDetail.as_view()),
    path("year/<int:year>/", Year.as_view()),
    path("day/<int:year>/<int:month>/<int:day>/", Day.as_view()),
    path("day/<int:year>/<int:month>/<int:day>/<int:pk>/", DayDetail.as_view()),
]
