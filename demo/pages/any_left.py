"""Rows are loaded to see whether there are any.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#exists
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/rows.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    unread = Post.objects.filter(views__lt=50).defer("body")
    answer = "some are left" if unread else "nothing is left"
    return render(request, TEMPLATE, {"rows": [("Hardly read posts", answer)]})


def repaired(request: HttpRequest) -> HttpResponse:
    unread = Post.objects.filter(views__lt=50).defer("body")
    answer = "some are left" if unread.exists() else "nothing is left"
    return render(request, TEMPLATE, {"rows": [("Hardly read posts", answer)]})


PROBLEM = Problem(
    slug="any-left",
    title="A truth test that loads rows",
    happens=(
        "Yes or no is all the page wants. The truth test loads every row that fits. It is "
        "known only of a recording in depth: press “Record the next one in depth” on the page"
        " of its trace, and open this page again."
    ),
    panel="says that the rows were only asked for.",
    repair="unread.exists()",
    hint="ORM304",
    wasteful=wasteful,
    repaired=repaired,
)
