"""Long texts are loaded for a list of titles.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:100]
    rows = [(post.title, f"{post.views} views") for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary")[:100]
    rows = [(post.title, f"{post.views} views") for post in posts]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="long-texts",
    title="Long texts for a list of titles",
    happens=(
        "A hundred titles. The whole text of every post comes from the database with them, "
        "and is thrown away. It is known only of a recording in depth: press “Record the next"
        " one in depth” on the page of its trace, and open this page again."
    ),
    panel="says which columns were never read, and how many bytes they took.",
    repair='Post.objects.defer("body", "summary")',
    hint="ORM301",
    wasteful=wasteful,
    repaired=repaired,
)
