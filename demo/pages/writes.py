"""One UPDATE per object where one statement does.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#bulk-update
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/writes.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = list(Post.objects.all()[:30])
    for post in posts:
        post.views += 1
        post.save()
    return render(request, TEMPLATE, {"posts": posts})


def repaired(request: HttpRequest) -> HttpResponse:
    posts = list(Post.objects.all()[:30])
    for post in posts:
        post.views += 1
    Post.objects.bulk_update(posts, ["views"])
    return render(request, TEMPLATE, {"posts": posts})


PROBLEM = Problem(
    slug="writes",
    title="Writes in a loop",
    happens="Thirty posts are shown, and each counts one view more. Every save() writes all "
    "columns of its row, in a statement and a transaction of its own.",
    panel="shows thirty UPDATEs from one line. Ask for the plan of one: it is explained, but "
    "never run again.",
    repair='Post.objects.bulk_update(posts, ["views"])',
    hint="ORM205",
    wasteful=wasteful,
    repaired=repaired,
)
