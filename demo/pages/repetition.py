"""The same statement again in one request."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.blog.totals import all_views
from demo.pages.problem import Family, Problem


# The same statement again and again: a template tag that computes a total for each row.
def same_again(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views", "pk")[:40]
    return render(request, "demo/same_again.html", {"posts": posts, "total": None})


def same_again_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views", "pk")[:40]
    return render(request, "demo/same_again.html", {"posts": posts, "total": all_views()})


SAME_AGAIN = Problem(
    slug="same-again",
    title="The same statement again",
    happens="The most read posts, each with its share of all views. A custom template tag sums "
    "the views of the whole blog, once for every row.",
    panel="marks forty exact duplicates, and says to keep the result.",
    repair="{% share_of_views post total %}  {# the total comes from the view, once #}",
    hint="ORM501",
    wasteful=same_again,
    repaired=same_again_repaired,
)


# The view counts what the paginator has counted.
# https://docs.djangoproject.com/en/stable/ref/paginator/
def counted_twice(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.filter(views__gt=100)
    page = Paginator(posts, 20).get_page(request.GET.get("page"))
    rows = [("Much read", f"{posts.count()} posts"), *((post.title, post.views) for post in page)]
    return render(request, "demo/rows.html", {"rows": rows})


def counted_twice_repaired(request: HttpRequest) -> HttpResponse:
    paginator = Paginator(Post.objects.filter(views__gt=100), 20)
    page = paginator.get_page(request.GET.get("page"))
    rows = [("Much read", f"{paginator.count} posts"), *((post.title, post.views) for post in page)]
    return render(request, "demo/rows.html", {"rows": rows})


COUNTED_TWICE = Problem(
    slug="counted-twice",
    title="Counted again",
    happens=(
        "A page of a paginator, and the number of all posts above it. The view counts what "
        "the paginator has just counted."
    ),
    panel="names both lines that count.",
    repair="paginator.count",
    hint="ORM502",
    wasteful=counted_twice,
    repaired=counted_twice_repaired,
)


FAMILY = Family(
    slug="repetition",
    title="Asked again",
    problems=(
        SAME_AGAIN,
        COUNTED_TWICE,
    ),
)
