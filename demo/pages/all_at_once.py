"""A whole table in memory.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.only("author_email", "created_at").order_by("-created_at", "pk")
    newest = list(comments)[:50]
    rows = [(comment.author_email, comment.created_at) for comment in newest]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.only("author_email", "created_at").order_by("-created_at", "pk")
    newest = comments[:50]
    rows = [(comment.author_email, comment.created_at) for comment in newest]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="all-at-once",
    title="A whole table in memory",
    happens="Who wrote the newest fifty comments? All comments of the blog are loaded, and Python "
    "takes the first fifty.",
    panel="counts the rows that nothing bounds: slice in the database, or show pages.",
    repair='Comment.objects.order_by("-created_at", "pk")[:50]',
    hint="ORM302",
    wasteful=wasteful,
    repaired=repaired,
)
