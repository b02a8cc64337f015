"""A foreign key below a prefetch: the comments are there, their authors are not.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/conversations.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("comments")[:10]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("comments__author")[:10]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="conversations",
    title="Below a prefetch",
    happens="Somebody has prefetched the comments already, and was pleased. But every comment "
    "shows who wrote it, and the authors still come one by one.",
    panel="points at the queryset of the posts, where the path of the prefetch has to be one "
    "step longer.",
    repair='Post.objects.prefetch_related("comments__author")',
    hint="ORM101",
    wasteful=wasteful,
    repaired=repaired,
)
