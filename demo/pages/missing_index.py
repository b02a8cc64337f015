"""A filter on a column without an index, and the same question to one that has an index.

https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/missing_index.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email=reader.email)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


def repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


PROBLEM = Problem(
    slug="missing-index",
    title="A missing index",
    happens="The comments of one reader, found by the address that is written on each comment. "
    "That column has no index: the database reads all fifty thousand to find a few. The foreign "
    "key beside it has one.",
    panel="shows two queries; what is wrong is in the plan. “Explain analyze” tells how many rows "
    "are thrown away, which index would find the others, and lets you try it.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM602",
)
