"""Related objects with a condition, asked for row by row.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-objects
"""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"
SINCE = "2025-01-01T00:00Z"


def wasteful(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.all()[:30]
    rows = [
        (author.name, ", ".join(str(c) for c in author.comments.filter(created_at__gte=SINCE)))
        for author in authors
    ]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    newer = Comment.objects.filter(created_at__gte=SINCE)
    authors = Author.objects.prefetch_related(
        Prefetch("comments", queryset=newer, to_attr="newer_comments")
    )[:30]
    rows = [(author.name, ", ".join(str(c) for c in author.newer_comments)) for author in authors]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="filtered-sets",
    title="Some of the related objects",
    happens=(
        "Thirty authors, each with the comments since a day. A filter on the related manager "
        "asks the database for every author again, and a plain prefetch would not serve it."
    ),
    panel="writes the Prefetch with the conditions of the code, and what the loop has to read "
    "instead of asking.",
    repair='Prefetch("comments", queryset=Comment.objects.filter(...), to_attr="newer_comments")',
    hint="ORM103",
    wasteful=wasteful,
    repaired=repaired,
)
