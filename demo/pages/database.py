"""Statements that are slow in the database: the plan tells why."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment, Post
from demo.pages.problem import Family, Problem


# A filter on a column without an index, and the same question to one that has an index.
# https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
def missing_index(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email=reader.email)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


def missing_index_repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


MISSING_INDEX = Problem(
    slug="missing-index",
    title="A missing index",
    happens="The comments of one reader, found by the address that is written on each comment. "
    "That column has no index: the database reads all fifty thousand to find a few. The foreign "
    "key next to it has one.",
    panel="shows two queries; what is wrong is in the plan. “Explain analyze” shows how many rows "
    "are discarded and which index would find the others, and lets you try it.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=missing_index,
    repaired=missing_index_repaired,
    hint="ORM602",
)


# A search for a part of a text, where the whole text is known.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#icontains
def part_of_an_address(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email__icontains=reader.email)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


def part_of_an_address_repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


PART_OF_AN_ADDRESS = Problem(
    slug="part-of-an-address",
    title="A search for a part",
    happens="The comments of a reader again, this time with icontains: every address is turned "
    "into capitals and searched from its first letter to its last.",
    panel="has the plan, after “Explain analyze”, and the trigram index that such a search needs, "
    "with its migration.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=part_of_an_address,
    repaired=part_of_an_address_repaired,
    hint="ORM603",
)


# A comparison that ignores case, so that no index of the column serves it.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#iexact
def in_any_case(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email__iexact=reader.email)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


def in_any_case_repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": comments})


IN_ANY_CASE = Problem(
    slug="in-any-case",
    title="A comparison in any case",
    happens="iexact compares UPPER(author_email): a function is called for each of fifty thousand "
    "rows, and an index on the column would not help.",
    panel="has the plan, after “Explain analyze”, and an index on the expression itself.",
    repair='models.Index(Upper("author_email"), ...)  # or ask by the foreign key',
    wasteful=in_any_case,
    repaired=in_any_case_repaired,
    hint="ORM606",
)


# All rows are sorted to show the first ten.
# https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
def sorted_for_ten(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("author_email", "created_at", "pk")[:10]
    return render(
        request,
        "demo/missing_index.html",
        {"reader": {"name": "the first address"}, "comments": comments},
    )


def sorted_for_ten_repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.filter(comments__isnull=False).order_by("email")[:1]
    comments = Comment.objects.filter(author__in=reader).order_by("created_at", "pk")[:10]
    return render(
        request,
        "demo/missing_index.html",
        {"reader": {"name": "the first address"}, "comments": comments},
    )


SORTED_FOR_TEN = Problem(
    slug="sorted-for-ten",
    title="All are sorted to show ten",
    happens="The first comments in the order of the address: there is no index in this order, so "
    "fifty thousand rows are read and compared, and ten are shown.",
    panel="has the plan, after “Explain analyze”, and the index that gives this order.",
    repair='Comment.objects.filter(author__in=Author.objects.order_by("email")[:1])',
    wasteful=sorted_for_ten,
    repaired=sorted_for_ten_repaired,
    hint="ORM604",
)


# Two conditions that say the same: the database takes them for two rare coincidences.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#explain
EAGER = 11
"""Among the newer readers, one who comments much."""


def wrong_estimate(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[EAGER]
    comments = Comment.objects.filter(author=reader, author_email=reader.email)
    return _longest_comments(request, reader, comments)


def wrong_estimate_repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[EAGER]
    return _longest_comments(request, reader, Comment.objects.filter(author=reader))


def _longest_comments(
    request: HttpRequest, reader: Author, comments: QuerySet[Comment]
) -> HttpResponse:
    """The longest of them, so that all have to be looked at."""
    longest = comments.order_by(Length("body").desc(), "pk")[:20]
    return render(request, "demo/missing_index.html", {"reader": reader, "comments": longest})


WRONG_ESTIMATE = Problem(
    slug="wrong-estimate",
    title="A wrong estimate",
    happens="Comments of one reader, found by reader and by address. PostgreSQL multiplies the two "
    "conditions as if they had nothing to do with each other, expects a twentieth of the rows, and "
    "plans for that.",
    panel="has the plan, after “Explain analyze”: rows planned beside rows found, and where the "
    "error begins.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=wrong_estimate,
    repaired=wrong_estimate_repaired,
    hint="ORM605",
)


# One statement that does too much: three relations joined, multiplied, and counted apart again.
# https://docs.djangoproject.com/en/stable/topics/db/aggregation/#combining-multiple-aggregations
def slow_report(request: HttpRequest) -> HttpResponse:
    authors = (
        Author.objects.filter(pk__lte=40)
        .order_by("name")
        .annotate(
            posts_written=Count("posts", distinct=True),
            comments_received=Count("posts__comments", distinct=True),
            comments_written=Count("comments", distinct=True),
        )
    )
    return render(request, "demo/slow_report.html", {"authors": authors})


def slow_report_repaired(request: HttpRequest) -> HttpResponse:
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
    return render(request, "demo/slow_report.html", {"authors": authors})


def number_of(rows: QuerySet, owner: str) -> Coalesce:  # type: ignore[type-arg]
    counted = rows.order_by().values(owner).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


SLOW_REPORT = Problem(
    slug="slow-report",
    title="A slow report",
    happens="One query, a long wait. The report counts posts, comments received and comments "
    "written: the joins multiply each other, and millions of rows are sorted to find the "
    "distinct ones.",
    panel="shows a single query that takes nearly all of the time, and names the relations that "
    "it joins side by side. Its plan shows where the rows explode.",
    repair="Coalesce(Subquery(...), 0)  # each number counted for itself",
    wasteful=slow_report,
    repaired=slow_report_repaired,
    hint="ORM601",
)


FAMILY = Family(
    slug="database",
    title="The database",
    problems=(
        MISSING_INDEX,
        PART_OF_AN_ADDRESS,
        IN_ANY_CASE,
        SORTED_FOR_TEN,
        WRONG_ESTIMATE,
        SLOW_REPORT,
    ),
)
