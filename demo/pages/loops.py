"""Statements in a loop, reads and writes, and the one statement that does the same."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Post
from demo.pages.problem import Family, Problem


# Related objects, counted row by row.
# https://docs.djangoproject.com/en/stable/topics/db/aggregation/
def counted_comments(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.order_by("-views")[:40]
    rows = [(post.title, f"{post.comments.count()} comments") for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


def counted_comments_repaired(request: HttpRequest) -> HttpResponse:
    counted = Count("comments", distinct=True)
    posts = Post.objects.annotate(comment_count=counted).order_by("-views")[:40]
    rows = [(post.title, f"{post.comment_count} comments") for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


COUNTED_COMMENTS = Problem(
    slug="counted-comments",
    title="count() for each row",
    happens=(
        "Forty posts, each with the number of its comments. Every number is a separate query: N+1."
    ),
    panel="writes the annotation, and names the attribute to read instead.",
    repair='Post.objects.annotate(comment_count=Count("comments", distinct=True))',
    hint="ORM201",
    wasteful=counted_comments,
    repaired=counted_comments_repaired,
)


# Each row asks whether it has related objects.
# https://docs.djangoproject.com/en/stable/ref/models/expressions/#exists-subqueries
def who_has_written(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.all()[:40]
    rows = [(author.name, "writes" if author.posts.exists() else "reads") for author in authors]
    return render(request, "demo/rows.html", {"rows": rows})


def who_has_written_repaired(request: HttpRequest) -> HttpResponse:
    has_posts = Exists(Post.objects.filter(author=OuterRef("pk")))
    authors = Author.objects.annotate(has_posts=has_posts)[:40]
    rows = [(author.name, "writes" if author.has_posts else "reads") for author in authors]
    return render(request, "demo/rows.html", {"rows": rows})


WHO_HAS_WRITTEN = Problem(
    slug="who-has-written",
    title="exists() for each row",
    happens="Forty authors. For each one, .exists() queries the database for a post.",
    panel="writes the subquery that checks all rows at once.",
    repair='Author.objects.annotate(has_posts=Exists(Post.objects.filter(author=OuterRef("pk"))))',
    hint="ORM202",
    wasteful=who_has_written,
    repaired=who_has_written_repaired,
)


# Related objects, aggregated row by row.
# https://docs.djangoproject.com/en/stable/topics/db/aggregation/#joins-and-aggregates
def most_read(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.order_by("pk")[:40]
    rows = [
        (author.name, author.posts.aggregate(most=Max("views"))["most"] or 0) for author in authors
    ]
    return render(request, "demo/rows.html", {"rows": rows})


def most_read_repaired(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.annotate(most=Max("posts__views")).order_by("pk")[:40]
    rows = [(author.name, author.most or 0) for author in authors]
    return render(request, "demo/rows.html", {"rows": rows})


MOST_READ = Problem(
    slug="most-read",
    title="aggregate() for each row",
    happens=(
        "Forty authors, each with the views of the most read post: an aggregate for every author."
    ),
    panel="moves the aggregate into the queryset of the authors.",
    repair='Author.objects.annotate(most=Max("posts__views"))',
    hint="ORM203",
    wasteful=most_read,
    repaired=most_read_repaired,
)


# One ``get()`` per item of a list of keys.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
# What a session or a cookie would hold: the keys of the posts on somebody's reading list.
READING_LIST = (5, 17, 3, 42, 28, 64, 71, 12, 99, 36, 50, 8, 23, 87, 61, 94, 2, 45, 77, 19)


def get_in_a_loop(request: HttpRequest) -> HttpResponse:
    posts = [Post.objects.get(pk=key) for key in READING_LIST]
    return render(request, "demo/get_in_a_loop.html", {"posts": posts})


def get_in_a_loop_repaired(request: HttpRequest) -> HttpResponse:
    found = Post.objects.in_bulk(READING_LIST)
    posts = [found[key] for key in READING_LIST]
    return render(request, "demo/get_in_a_loop.html", {"posts": posts})


GET_IN_A_LOOP = Problem(
    slug="get-in-a-loop",
    title="get() for each item",
    happens="A reading list of twenty posts, kept as a list of keys. Each key is looked up with "
    "its own get().",
    panel="sees twenty lookups by primary key on one line.",
    repair="Post.objects.in_bulk(READING_LIST)",
    hint="ORM204",
    wasteful=get_in_a_loop,
    repaired=get_in_a_loop_repaired,
)


# Raw SQL in a loop: a statement per city where one statement does.
# https://docs.djangoproject.com/en/stable/topics/db/sql/#executing-custom-sql-directly
CITIES = "SELECT DISTINCT city FROM blog_profile ORDER BY city"
AUTHORS_OF_CITY = "SELECT count(*) FROM blog_profile WHERE city = %s"
ALL_AT_ONCE = "SELECT city, count(*) FROM blog_profile GROUP BY city ORDER BY city"


def raw_sql(request: HttpRequest) -> HttpResponse:
    rows = []
    with connection.cursor() as cursor:
        cursor.execute(CITIES)
        for (city,) in cursor.fetchall():
            cursor.execute(AUTHORS_OF_CITY, [city])
            rows.append((city, cursor.fetchone()[0]))
    return render(request, "demo/raw_sql.html", {"rows": rows})


def raw_sql_repaired(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(ALL_AT_ONCE)
        rows = cursor.fetchall()
    return render(request, "demo/raw_sql.html", {"rows": rows})


RAW_SQL = Problem(
    slug="raw-sql",
    title="Raw SQL in a loop",
    happens="How many authors live in each city? The list of cities first, then a raw SQL query "
    "for every one of them.",
    panel="says which query is repeated and how often. It does not guess a fix for raw SQL.",
    repair="SELECT city, count(*) FROM blog_profile GROUP BY city",
    hint="ORM205",
    wasteful=raw_sql,
    repaired=raw_sql_repaired,
)


# One UPDATE per object where one statement does.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#bulk-update
def writes(request: HttpRequest) -> HttpResponse:
    posts = list(Post.objects.all()[:30])
    for post in posts:
        post.views += 1
        post.save()
    return render(request, "demo/writes.html", {"posts": posts})


def writes_repaired(request: HttpRequest) -> HttpResponse:
    posts = list(Post.objects.all()[:30])
    for post in posts:
        post.views += 1
    Post.objects.bulk_update(posts, ["views"])
    return render(request, "demo/writes.html", {"posts": posts})


WRITES = Problem(
    slug="writes",
    title="Writes in a loop",
    happens="Thirty posts are shown, and each counts one view more. Every save() writes all "
    "columns of its row, in its own query and transaction.",
    panel="shows thirty UPDATEs from one line. Click Explain on one of them: it is explained, but "
    "never run again.",
    repair='Post.objects.bulk_update(posts, ["views"])',
    hint="ORM205",
    wasteful=writes,
    repaired=writes_repaired,
)


FAMILY = Family(
    slug="loops",
    title="Questions in a loop",
    problems=(
        COUNTED_COMMENTS,
        WHO_HAS_WRITTEN,
        MOST_READ,
        GET_IN_A_LOOP,
        RAW_SQL,
        WRITES,
    ),
)
