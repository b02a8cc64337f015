"""Related objects, counted row by row.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/
"""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views")[:40]
    rows = [(post.title, f"{post.comments.count()} comments") for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    counted = Count("comments", distinct=True)
    posts = Post.objects.annotate(comment_count=counted).order_by("-views")[:40]
    rows = [(post.title, f"{post.comment_count} comments") for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="counted-comments",
    title="count() for each row",
    happens=(
        "Forty posts, each with the number of its comments. Every number is a statement of its own."
    ),
    panel="writes the annotation, and the attribute to read instead.",
    repair='Post.objects.annotate(comment_count=Count("comments", distinct=True))',
    hint="ORM201",
    wasteful=wasteful,
    repaired=repaired,
)
