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


def wasteful(request: HttpRequest) -> HttpResponse:
    readers = Author.objects.order_by("-joined_at")[:3]
    addresses = [reader.email for reader in readers]
    comments = Comment.objects.filter(author__in=list(readers), author_email__in=addresses)
    return _page(request, comments)


def repaired(request: HttpRequest) -> HttpResponse:
    readers = Author.objects.order_by("-joined_at")[:3]
    return _page(request, Comment.objects.filter(author__in=list(readers)))


def _page(request: HttpRequest, comments: QuerySet[Comment]) -> HttpResponse:
    """The longest of them, so that all have to be looked at."""
    longest = comments.order_by(Length("body").desc(), "pk")[:20]
    return render(request, TEMPLATE, {"reader": {"name": "new readers"}, "comments": longest})


PROBLEM = Problem(
    slug="wrong-estimate",
    title="A wrong estimate",
    happens="Comments of three readers, found by reader and by address. PostgreSQL multiplies the "
    "two conditions as if they had nothing to do with each other, expects a handful of rows, and "
    "plans for that.",
    panel="has the plan, after “Explain analyze”: rows planned beside rows found, and where the "
    "error begins.",
    repair="Comment.objects.filter(author__in=readers)",
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM605",
)
