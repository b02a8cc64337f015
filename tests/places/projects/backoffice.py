"""An admin of the shop: columns, inlines, filters and forms."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from tests.places.models import Album, Artist, Hit, Track

sites: dict[str, admin.AdminSite] = {}


def register(name: str, *more: tuple[type, type]) -> Any:
    """A site of its own for each variant of the album's admin."""

    def decorate(cls: type[admin.ModelAdmin]) -> type[admin.ModelAdmin]:
        site = sites[name] = admin.AdminSite(name=name)
        site.register(Album, cls)
        for model, other in more:
            site.register(model, other)
        return cls

    return decorate


class ArtistAdmin(admin.ModelAdmin):
    search_fields = ["name"]
    ordering = ["pk"]


@register("method")
class MethodAdmin(admin.ModelAdmin):
    list_display = ("title", "label")

    @admin.display(description="label")
    def label(self, album: Album) -> str:
        return album.artist.label.name  # <method>


@register("property")
class PropertyAdmin(admin.ModelAdmin):
    list_display = ["title", "credit"]


@register("nullable")
class NullableAdmin(admin.ModelAdmin):
    list_display = [
        "title",
        "artist",
        "producer",  # <producer column>
    ]


@register("path")
class PathAdmin(admin.ModelAdmin):
    list_display = [
        "title",
        "producer__name",  # <path column>
    ]


@register("two")
class TwoAdmin(admin.ModelAdmin):
    list_select_related = True
    list_display = ["title", "label_name", "producer_name"]

    def producer_name(self, album: Album) -> str:
        return album.producer.name  # <two>


@register("tuple")
class TupleAdmin(admin.ModelAdmin):
    list_select_related = ("artist",)
    list_display = ["title", "label_name"]


@register("own")
class OwnAdmin(admin.ModelAdmin):
    list_display = ["title", "credit"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Album]:
        return super().get_queryset(request).filter(title__startswith="Album")  # <own>


@register("own-list")
class OwnListAdmin(admin.ModelAdmin):
    list_select_related = ["artist"]
    list_display = ["title", "credit", "producer_name"]

    def producer_name(self, album: Album) -> str:
        return album.producer.name  # <own list>

    def get_queryset(self, request: HttpRequest) -> QuerySet[Album]:
        return super().get_queryset(request).order_by("-pk")  # <own list queryset>


@register("sets")
class SetsAdmin(admin.ModelAdmin):
    list_display = ["title", "genre_names"]

    def genre_names(self, album: Album) -> str:
        return ", ".join(genre.name for genre in album.genres.all())  # <sets>


@register("good")
class GoodAdmin(admin.ModelAdmin):
    list_display = ["title", "credit", "label_name"]
    list_select_related = ["artist__label"]
    list_filter = ["released", "producer"]
    date_hierarchy = "released"
    search_fields = ["title"]


@register("string")
class StringAdmin(admin.ModelAdmin):
    """Nothing is said: the list shows ``__str__``, which follows nothing."""


class TrackAdmin(admin.ModelAdmin):
    """The list shows ``__str__``, which follows the composer."""


sites["tracks"] = admin.AdminSite(name="tracks")
sites["tracks"].register(Track, TrackAdmin)
sites["tracks"].register(Artist, ArtistAdmin)


@register("editable")
class EditableAdmin(admin.ModelAdmin):
    list_display = ["title", "producer"]  # <editable>
    list_editable = ["producer"]
    list_select_related = ["producer"]


@register("filtered")
class FilteredAdmin(admin.ModelAdmin):
    list_filter = ["released", "artist"]


class TrackInline(admin.TabularInline):
    model = Track
    fields = ["title"]
    extra = 0


@register("inline")
class InlineAdmin(admin.ModelAdmin):
    fields = ["title"]
    inlines = [TrackInline]


class ComposerInline(admin.StackedInline):
    """Its rows have no titles."""

    model = Track
    fields = ["composer"]
    template = "places/inline.html"
    extra = 0


@register("composers")
class ComposersAdmin(admin.ModelAdmin):
    fields = ["title"]
    inlines = [ComposerInline]


class HitInline(admin.TabularInline):
    model = Hit
    fields = ["charts"]
    extra = 3


@register("hits")
class HitsAdmin(admin.ModelAdmin):
    """Album and hits choose from the same genres, and only the hits more than once."""

    fields = ["title", "genres"]
    inlines = [HitInline]


@register("form")
class FormAdmin(admin.ModelAdmin):
    fields = ["title", "artist"]


class OwnFieldAdmin(admin.ModelAdmin):
    fields = ["title", "artist"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "artist":
            kwargs["queryset"] = Artist.objects.order_by("pk")  # <own field>
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


register("own-field")(OwnFieldAdmin)


@register("own-method")
class OwnMethodAdmin(admin.ModelAdmin):
    fields = ["title", "artist"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # <own method>
        field.help_text = "Choose."
        return field


class NewAdmin(admin.ModelAdmin):
    """A base class."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(released__isnull=False)


@register("derived")
class DerivedAdmin(NewAdmin):
    list_display = ["title", "credit"]


@register("search", (Artist, ArtistAdmin))
class SearchAdmin(admin.ModelAdmin):
    autocomplete_fields = ["artist"]


@register("raw")
class RawAdmin(admin.ModelAdmin):
    fields = ["title", "artist", "producer"]
    raw_id_fields = ["artist", "producer"]


@register("action")
class ActionAdmin(admin.ModelAdmin):
    actions = ["announce"]

    def announce(self, request: HttpRequest, queryset: QuerySet[Album]) -> None:
        self.message_user(request, ", ".join(album.artist.name for album in queryset))  # <action>


urlpatterns = [path(f"{name}/", site.urls) for name, site in sites.items()]
