"""Pages with Django's templates and with Jinja2."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from tests.places.models import Album


def albums(request: HttpRequest, template: str) -> HttpResponse:
    shelf = Album.objects.order_by("pk")  # <shelf>
    return render(request, f"places/{template}", {"albums": shelf})


def good(request: HttpRequest, template: str) -> HttpResponse:
    shelf = Album.objects.select_related("artist__label").prefetch_related("tracks__composer")
    return render(request, f"places/{template}", {"albums": shelf, "tracks": []})


def empty(request: HttpRequest, template: str) -> HttpResponse:
    return render(request, f"places/{template}")


def processor(request: HttpRequest) -> dict[str, Any]:
    """A context processor, which every page asks."""
    return {"new_albums": Album.objects.order_by("-pk")[:3]}  # <processor>


urlpatterns: list[URLPattern] = [
    path("albums/<template>", albums),
    path("good/<template>", good),
    path("empty/<template>", empty),
]
