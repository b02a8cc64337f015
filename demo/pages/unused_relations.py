"""Relations that are loaded along, and that nobody reads.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-retrieve-things-you-don-t-need
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary").prefetch_related("comments", "tags")[:40]
    rows = [(post.title, ", ".join(str(tag) for tag in post.tags.all())) for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary").prefetch_related("tags")[:40]
    rows = [(post.title, ", ".join(str(tag) for tag in post.tags.all())) for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="unused-relations",
    title="Prefetched for nothing",
    happens=(
        "The page once showed comments. They are still prefetched for all posts, and no line "
        "reads them. It is known only of a recording in depth: press “Record the next one in "
        "depth” on the page of its trace, and open this page again."
    ),
    panel="names the relation that no row was asked for.",
    repair='Post.objects.prefetch_related("tags")',
    hint="ORM105",
    wasteful=wasteful,
    repaired=repaired,
)
