"""The same statement again and again: a template tag that computes a total for each row."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.blog.totals import all_views
from demo.pages.problem import Problem

TEMPLATE = "demo/same_again.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views", "pk")[:40]
    return render(request, TEMPLATE, {"posts": posts, "total": None})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views", "pk")[:40]
    return render(request, TEMPLATE, {"posts": posts, "total": all_views()})


PROBLEM = Problem(
    slug="same-again",
    title="The same statement again",
    happens="The most read posts, each with its share of all views. A custom template tag sums up "
    "the views of the whole blog, for every row once more.",
    panel="marks forty identical statements and says: keep the result.",
    repair="{% share_of_views post total %}  {# the total comes from the view, once #}",
    hint="ORM501",
    wasteful=wasteful,
    repaired=repaired,
)
