"""A page far behind the first one.

https://docs.djangoproject.com/en/stable/topics/db/queries/#limiting-querysets
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("pk")[40_000:40_020]
    rows = [(comment.author_email, str(comment)) for comment in comments]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    last_pk = 40_000  # of the page before, as its link would say
    comments = Comment.objects.filter(pk__gt=last_pk).order_by("pk")[:20]
    rows = [(comment.author_email, str(comment)) for comment in comments]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="far-behind",
    title="A page far behind",
    happens=(
        "Page two thousand of all comments. The database reads forty thousand rows to skip them."
    ),
    panel="names the OFFSET, and how to begin behind the last row instead.",
    repair='Comment.objects.filter(pk__gt=last_pk).order_by("pk")[:20]',
    hint="ORM306",
    wasteful=wasteful,
    repaired=repaired,
)
