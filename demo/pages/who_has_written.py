"""Each row asks whether it has related objects.

https://docs.djangoproject.com/en/stable/ref/models/expressions/#exists-subqueries
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.all()[:40]
    rows = [(author.name, "writes" if author.posts.exists() else "reads") for author in authors]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    has_posts = Exists(Post.objects.filter(author=OuterRef("pk")))
    authors = Author.objects.annotate(has_posts=has_posts)[:40]
    rows = [(author.name, "writes" if author.has_posts else "reads") for author in authors]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="who-has-written",
    title="exists() for each row",
    happens="Forty authors. For each one the database is asked whether there is a post.",
    panel="writes the subquery that answers for all rows.",
    repair='Author.objects.annotate(has_posts=Exists(Post.objects.filter(author=OuterRef("pk"))))',
    hint="ORM202",
    wasteful=wasteful,
    repaired=repaired,
)
