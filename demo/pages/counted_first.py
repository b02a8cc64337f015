"""Rows are counted, and then loaded anyway.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Category
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    categories = Category.objects.all()
    rows = [("All categories", str(categories.count()))]
    rows += [(category.name, category.description) for category in categories]
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    categories = Category.objects.all()
    rows = [("All categories", str(len(categories)))]
    rows += [(category.name, category.description) for category in categories]
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="counted-first",
    title="Counted, and loaded anyway",
    happens=(
        "The number of categories, and then the categories. The database counts what it sends"
        " a moment later."
    ),
    panel="says which statement is one too many.",
    repair="len(categories)  # they are loaded anyway",
    hint="ORM305",
    wasteful=wasteful,
    repaired=repaired,
)
