"""One statement that does too much: three relations joined, multiplied, and counted apart again.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/#combining-multiple-aggregations
"""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment, Post
from demo.pages.problem import Problem

TEMPLATE = "demo/slow_report.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    authors = (
        Author.objects.filter(pk__lte=40)
        .order_by("name")
        .annotate(
            posts_written=Count("posts", distinct=True),
            comments_received=Count("posts__comments", distinct=True),
            comments_written=Count("comments", distinct=True),
        )
    )
    return render(request, TEMPLATE, {"authors": authors})


def repaired(request: HttpRequest) -> HttpResponse:
    authors = (
        Author.objects.filter(pk__lte=40)
        .order_by("name")
        .annotate(
            posts_written=number_of(Post.objects.filter(author=OuterRef("pk")), "author"),
            comments_received=number_of(
                Comment.objects.filter(post__author=OuterRef("pk")), "post__author"
            ),
            comments_written=number_of(Comment.objects.filter(author=OuterRef("pk")), "author"),
        )
    )
    return render(request, TEMPLATE, {"authors": authors})


def number_of(rows: QuerySet, owner: str) -> Coalesce:  # type: ignore[type-arg]
    counted = rows.order_by().values(owner).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


PROBLEM = Problem(
    slug="slow-report",
    title="A slow report",
    happens="One query, a long wait. The report counts posts, comments received and comments "
    "written: the joins multiply each other, and millions of rows are sorted to find the "
    "distinct ones.",
    panel="shows a single query that takes nearly all of the time, and names the relations that "
    "it joins side by side. Its plan shows where the rows explode.",
    repair="Coalesce(Subquery(...), 0)  # each number counted for itself",
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM601",
)
