"""A deferred field in a loop: ``only()`` was meant to save something.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#only
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/deferred_field.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.only("title", "slug")[:40]
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.only("title", "slug", "summary")[:40]
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="deferred-field",
    title="A deferred field in a loop",
    happens="Only two columns are loaded, to spare the database the long texts. Later somebody "
    "adds the summary to the template, and each row fetches it for itself.",
    panel="names the field and the only() that leaves it out.",
    repair='Post.objects.only("title", "slug", "summary")',
    hint="ORM106",
    wasteful=wasteful,
    repaired=repaired,
)
