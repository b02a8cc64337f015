"""Related objects, aggregated row by row.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/#joins-and-aggregates
"""

from __future__ import annotations

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.order_by("pk")[:40]
    rows = [
        (author.name, author.posts.aggregate(most=Max("views"))["most"] or 0) for author in authors
    ]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.annotate(most=Max("posts__views")).order_by("pk")[:40]
    rows = [(author.name, author.most or 0) for author in authors]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="most-read",
    title="aggregate() for each row",
    happens=(
        "Forty authors, each with the views of the most read post: an aggregate for every author."
    ),
    panel="moves the aggregate into the queryset of the authors.",
    repair='Author.objects.annotate(most=Max("posts__views"))',
    hint="ORM203",
    wasteful=wasteful,
    repaired=repaired,
)
