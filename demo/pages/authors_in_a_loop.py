"""A foreign key in a loop: the template asks each post for its author.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/authors_in_a_loop.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:50]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("author")[:50]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="authors-in-a-loop",
    title="A foreign key in a loop",
    happens="Fifty posts, each with the name of its author. The template asks every post for its "
    "author, in an included file, and every time the database is asked.",
    panel="names the line of the included template and says: load the authors together "
    "with the posts.",
    repair='Post.objects.select_related("author")',
    hint="ORM101",
    wasteful=wasteful,
    repaired=repaired,
)
