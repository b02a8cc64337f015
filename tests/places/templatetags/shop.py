"""Tags and filters of the shop that ask the database."""

from __future__ import annotations

from typing import Any

from django import template

from tests.places.models import Album, Track

register = template.Library()


@register.simple_tag
def credit(album: Album) -> str:
    return f"by {album.artist.name}"  # <simple tag>


@register.filter
def label(album: Album) -> str:
    return album.artist.label.name  # <filter>


@register.inclusion_tag("places/tag_album.html")
def album_line(album: Album) -> dict[str, Any]:
    return {"album": album}


@register.inclusion_tag("places/tag_tracks.html")
def newest_tracks() -> dict[str, Any]:
    return {"tracks": Track.objects.order_by("-pk")[:4]}  # <tag's queryset>


@register.simple_tag
def all_albums() -> Any:
    return Album.objects.order_by("pk")  # <simple tag's queryset>
