"""All rows are sorted to show the first ten.

https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/missing_index.html"
FIRST = {"name": "the first address"}


def wasteful(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("author_email", "created_at", "pk")[:10]
    return render(
        request, TEMPLATE, {"reader": {"name": "the first address"}, "comments": comments}
    )


def repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.filter(comments__isnull=False).order_by("email")[:1]
    comments = Comment.objects.filter(author__in=reader).order_by("created_at", "pk")[:10]
    return render(
        request, TEMPLATE, {"reader": {"name": "the first address"}, "comments": comments}
    )


PROBLEM = Problem(
    slug="sorted-for-ten",
    title="All are sorted to show ten",
    happens="The first comments in the order of the address: there is no index in this order, so "
    "fifty thousand rows are read and compared, and ten are shown.",
    panel="has the plan, after “Explain analyze”, and the index that gives this order.",
    repair='Comment.objects.filter(author__in=Author.objects.order_by("email")[:1])',
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM604",
)
