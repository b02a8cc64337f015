"""Two conditions that say the same: the database takes them for two rare coincidences.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#explain
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/missing_index.html"
EAGER = 11
"""Among the newer readers, one who comments much."""


def wasteful(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[EAGER]
    comments = Comment.objects.filter(author=reader, author_email=reader.email)
    return _page(request, reader, comments)


def repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[EAGER]
    return _page(request, reader, Comment.objects.filter(author=reader))


def _page(request: HttpRequest, reader: Author, comments: QuerySet[Comment]) -> HttpResponse:
    """The longest of them, so that all have to be looked at."""
    longest = comments.order_by(Length("body").desc(), "pk")[:20]
    return render(request, TEMPLATE, {"reader": reader, "comments": longest})


PROBLEM = Problem(
    slug="wrong-estimate",
    title="A wrong estimate",
    happens="Comments of one reader, found by reader and by address. PostgreSQL multiplies the two "
    "conditions as if they had nothing to do with each other, expects a twentieth of the rows, and "
    "plans for that.",
    panel="has the plan, after “Explain analyze”: rows planned beside rows found, and where the "
    "error begins.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM605",
)
