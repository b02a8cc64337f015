"""Rows are loaded to be counted.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#count
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Category
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    category = Category.objects.order_by("pk")[0]
    posts = category.posts.defer("body")
    return render(request, TEMPLATE, {"rows": [(category.name, f"{len(posts)} posts")]})


def repaired(request: HttpRequest) -> HttpResponse:
    category = Category.objects.order_by("pk")[0]
    posts = category.posts.defer("body")
    return render(request, TEMPLATE, {"rows": [(category.name, f"{posts.count()} posts")]})


PROBLEM = Problem(
    slug="counted-by-len",
    title="len() of rows that nobody reads",
    happens=(
        "A number is all the page wants. len() loads every post of the category to get it. It"
        " is known only of a recording in depth: press “Record the next one in depth” on the "
        "page of its trace, and open this page again."
    ),
    panel="says that the rows were only counted.",
    repair="posts.count()",
    hint="ORM303",
    wasteful=wasteful,
    repaired=repaired,
)
