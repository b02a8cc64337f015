"""The start page: what there is to see, and in which order."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.pages.catalogue import FAMILIES


def start(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/start.html", {"families": FAMILIES})
