"""A prefetch that is there, and is passed over.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
"""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post, Tag
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags")[:30]
    rows = [(post.title, ", ".join(str(t) for t in post.tags.order_by("-name"))) for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    backwards = Prefetch("tags", queryset=Tag.objects.order_by("-name"), to_attr="ordered_tags")
    posts = Post.objects.prefetch_related(backwards)[:30]
    rows = [(post.title, ", ".join(str(t) for t in post.ordered_tags)) for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="prefetched-again",
    title="Prefetched, and asked again",
    happens=(
        "The tags are prefetched, but the page wants them in another order: order_by() asks "
        "the database for each post, and the prefetch is wasted."
    ),
    panel="says that the prefetch does not serve this, and writes the one that does.",
    repair='Prefetch("tags", queryset=Tag.objects.order_by("-name"), to_attr="ordered_tags")',
    hint="ORM104",
    wasteful=wasteful,
    repaired=repaired,
)
