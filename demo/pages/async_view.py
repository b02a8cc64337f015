"""An async view that awaits the tags of each post.

https://docs.djangoproject.com/en/stable/topics/async/#queries-the-orm
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/async_view.html"


async def rows(posts: QuerySet[Post]) -> list[tuple[Post, list[str]]]:
    return [(post, [tag.name async for tag in post.tags.all()]) async for post in posts]


async def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, TEMPLATE, {"rows": await rows(posts)})


async def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags")[:40]
    return render(request, TEMPLATE, {"rows": await rows(posts)})


PROBLEM = Problem(
    slug="async-view",
    title="An async view",
    happens="Async does not make a loop of queries shorter: forty posts, and for each of them the "
    "view waits for its tags.",
    panel="names the line in the async comprehension, as if it were ordinary code.",
    repair='Post.objects.prefetch_related("tags")',
    hint="ORM102",
    wasteful=wasteful,
    repaired=repaired,
)
