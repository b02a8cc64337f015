"""A comparison that ignores case, so that no index of the column serves it.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#iexact
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/missing_index.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email__iexact=reader.email)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


def repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


PROBLEM = Problem(
    slug="in-any-case",
    title="A comparison in any case",
    happens="iexact compares UPPER(author_email): a function is called for each of fifty thousand "
    "rows, and an index on the column would not help.",
    panel="has the plan, after “Explain analyze”, and an index on the expression itself.",
    repair='models.Index(Upper("author_email"), ...)  # or ask by the foreign key',
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM606",
)
