"""The view counts what the paginator has counted.

https://docs.djangoproject.com/en/stable/ref/paginator/
"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.filter(views__gt=100)
    page = Paginator(posts, 20).get_page(request.GET.get("page"))
    rows = [("Much read", f"{posts.count()} posts"), *((post.title, post.views) for post in page)]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    paginator = Paginator(Post.objects.filter(views__gt=100), 20)
    page = paginator.get_page(request.GET.get("page"))
    rows = [("Much read", f"{paginator.count} posts"), *((post.title, post.views) for post in page)]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="counted-twice",
    title="Counted again",
    happens=(
        "A page of a paginator, and the number of all posts above it. The view counts what "
        "the paginator has just counted."
    ),
    panel="names both lines that count.",
    repair="paginator.count",
    hint="ORM502",
    wasteful=wasteful,
    repaired=repaired,
)
