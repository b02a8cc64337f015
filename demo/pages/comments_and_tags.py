"""Relations to many in a loop: each post is asked for its tags and its comments.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/comments_and_tags.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:30]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags", "comments")[:30]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="comments-and-tags",
    title="Comments and tags in a loop",
    happens="Thirty posts with their tags and their comments. Two relations to many rows, both "
    "asked for post by post: sixty queries too many.",
    panel="shows two groups of thirty queries, each with its own template line, and one fix "
    "for each relation.",
    repair='Post.objects.prefetch_related("tags", "comments")',
    hint="ORM102",
    wasteful=wasteful,
    repaired=repaired,
)
