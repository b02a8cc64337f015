"""A JSON API: no template, no page, the same waste in a serializing function."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from demo.blog.models import Post
from demo.pages.problem import Problem


def as_json(post: Post) -> dict[str, Any]:
    return {
        "id": post.pk,
        "title": post.title,
        "published_at": post.published_at,
        "author": post.author.name,
        "tags": [tag.name for tag in post.tags.all()],
    }


def wasteful(request: HttpRequest) -> JsonResponse:
    posts = Post.objects.all()[:50]
    return JsonResponse({"posts": [as_json(post) for post in posts]})


def repaired(request: HttpRequest) -> JsonResponse:
    posts = Post.objects.select_related("author").prefetch_related("tags")[:50]
    return JsonResponse({"posts": [as_json(post) for post in posts]})


PROBLEM = Problem(
    slug="json-api",
    title="A JSON API",
    happens="Fifty posts as JSON, with the author's name and the tags. There is no page to put a "
    "toolbar on: open the dashboard afterwards, the request is at the top.",
    panel="has nowhere to be; the dashboard shows the same groups and hints for this request.",
    repair='Post.objects.select_related("author").prefetch_related("tags")',
    hint="ORM101, ORM102",
    wasteful=wasteful,
    repaired=repaired,
    shows_toolbar=False,
)
