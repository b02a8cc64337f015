"""One ``get()`` per item of a list of keys.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/get_in_a_loop.html"
# What a session or a cookie would hold: the keys of the posts on somebody's reading list.
READING_LIST = (5, 17, 3, 42, 28, 64, 71, 12, 99, 36, 50, 8, 23, 87, 61, 94, 2, 45, 77, 19)


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = [Post.objects.get(pk=key) for key in READING_LIST]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    found = Post.objects.in_bulk(READING_LIST)
    posts = [found[key] for key in READING_LIST]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="get-in-a-loop",
    title="get() for each item",
    happens="A reading list of twenty posts, kept as a list of keys. Each key is looked up with "
    "a get() of its own.",
    panel="sees twenty lookups by primary key on one line.",
    repair="Post.objects.in_bulk(READING_LIST)",
    hint="ORM204",
    wasteful=wasteful,
    repaired=repaired,
)
