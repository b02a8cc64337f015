"""Two levels of relations in a loop: post, its author, the author's profile.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/two_levels.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("author__profile")[:40]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="two-levels",
    title="Two levels in a loop",
    happens="Each post shows where its author lives: post, author, profile. Two queries for "
    "every row, one below the other.",
    panel="gives the whole path, starting at the posts, and not a fix for authors that nobody "
    "here has a queryset of.",
    repair='Post.objects.select_related("author__profile")',
    hint="ORM101",
    wasteful=wasteful,
    repaired=repaired,
)
