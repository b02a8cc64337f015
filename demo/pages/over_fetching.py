"""Rows, columns and relations that are loaded and not needed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Category, Comment, Post
from demo.pages.problem import Family, Problem


# Rows are counted, and then loaded anyway.
# https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
def counted_first(request: HttpRequest) -> HttpResponse:
    categories = Category.objects.all()
    rows = [("All categories", str(categories.count()))]
    rows += [(category.name, category.description) for category in categories]
    return render(request, "demo/rows.html", {"rows": rows})


def counted_first_repaired(request: HttpRequest) -> HttpResponse:
    categories = Category.objects.all()
    rows = [("All categories", str(len(categories)))]
    rows += [(category.name, category.description) for category in categories]
    return render(request, "demo/rows.html", {"rows": rows})


COUNTED_FIRST = Problem(
    slug="counted-first",
    title="Counted, and loaded anyway",
    happens=(
        "The number of categories, and then the categories. The database counts rows that it "
        "sends a moment later."
    ),
    panel="names the query that is not needed.",
    repair="len(categories)  # they are loaded anyway",
    hint="ORM305",
    wasteful=counted_first,
    repaired=counted_first_repaired,
)


# A whole table in memory.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
def all_at_once(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.only("author_email", "created_at").order_by("-created_at", "pk")
    newest = list(comments)[:50]
    rows = [(comment.author_email, comment.created_at) for comment in newest]
    return render(request, "demo/rows.html", {"rows": rows})


def all_at_once_repaired(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.only("author_email", "created_at").order_by("-created_at", "pk")
    newest = comments[:50]
    rows = [(comment.author_email, comment.created_at) for comment in newest]
    return render(request, "demo/rows.html", {"rows": rows})


ALL_AT_ONCE = Problem(
    slug="all-at-once",
    title="A whole table in memory",
    happens="Who wrote the newest fifty comments? All comments of the blog are loaded, and Python "
    "takes the first fifty.",
    panel="counts the rows of the queryset without a limit: slice in the database, or paginate.",
    repair='Comment.objects.order_by("-created_at", "pk")[:50]',
    hint="ORM302",
    wasteful=all_at_once,
    repaired=all_at_once_repaired,
)


# A page far behind the first one.
# https://docs.djangoproject.com/en/stable/topics/db/queries/#limiting-querysets
def far_behind(request: HttpRequest) -> HttpResponse:
    comments = Comment.objects.order_by("pk")[40_000:40_020]
    rows = [(comment.author_email, str(comment)) for comment in comments]
    return render(request, "demo/rows.html", {"rows": rows})


def far_behind_repaired(request: HttpRequest) -> HttpResponse:
    last_pk = 40_000  # of the page before, as its link would say
    comments = Comment.objects.filter(pk__gt=last_pk).order_by("pk")[:20]
    rows = [(comment.author_email, str(comment)) for comment in comments]
    return render(request, "demo/rows.html", {"rows": rows})


FAR_BEHIND = Problem(
    slug="far-behind",
    title="A page far behind",
    happens=(
        "Page two thousand of all comments. The database reads forty thousand rows to skip them."
    ),
    panel="names the OFFSET, and shows how to start after the last row instead.",
    repair='Comment.objects.filter(pk__gt=last_pk).order_by("pk")[:20]',
    hint="ORM306",
    wasteful=far_behind,
    repaired=far_behind_repaired,
)


# Relations that are loaded along, and that nobody reads.
# https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-retrieve-things-you-don-t-need
def unused_relations(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary").prefetch_related("comments", "tags")[:40]
    rows = [(post.title, ", ".join(str(tag) for tag in post.tags.all())) for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


def unused_relations_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary").prefetch_related("tags")[:40]
    rows = [(post.title, ", ".join(str(tag) for tag in post.tags.all())) for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


UNUSED_RELATIONS = Problem(
    slug="unused-relations",
    title="Prefetched for nothing",
    happens=(
        "The page once showed comments. They are still prefetched for all posts, but unused. Only "
        "a deep recording shows it: press “Deep-record the next "
        "request” "
        "on the page of its trace, and open this page again."
    ),
    panel="names the unused relation.",
    repair='Post.objects.prefetch_related("tags")',
    hint="ORM105",
    wasteful=unused_relations,
    repaired=unused_relations_repaired,
)


# Long texts are loaded for a list of titles.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
def long_texts(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:100]
    rows = [(post.title, f"{post.views} views") for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


def long_texts_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.defer("body", "summary")[:100]
    rows = [(post.title, f"{post.views} views") for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


LONG_TEXTS = Problem(
    slug="long-texts",
    title="Long texts for a list of titles",
    happens=(
        "A hundred titles. The whole text of every post is loaded with them, but unused. Only a "
        "deep recording shows it: press “Deep-record the "
        "next request” on the page of its trace, and open this page again."
    ),
    panel="names the unused columns, and their size in bytes.",
    repair='Post.objects.defer("body", "summary")',
    hint="ORM301",
    wasteful=long_texts,
    repaired=long_texts_repaired,
)


# Rows are loaded to be counted.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#count
def counted_by_len(request: HttpRequest) -> HttpResponse:
    category = Category.objects.order_by("pk")[0]
    posts = category.posts.defer("body")
    return render(request, "demo/rows.html", {"rows": [(category.name, f"{len(posts)} posts")]})


def counted_by_len_repaired(request: HttpRequest) -> HttpResponse:
    category = Category.objects.order_by("pk")[0]
    posts = category.posts.defer("body")
    return render(request, "demo/rows.html", {"rows": [(category.name, f"{posts.count()} posts")]})


COUNTED_BY_LEN = Problem(
    slug="counted-by-len",
    title="len() of rows that nobody reads",
    happens=(
        "The page only needs a number. len() loads every post of the category to get it. Only a "
        "deep recording shows it: press “Deep-record the next request” on the "
        "page of its trace, and open this page again."
    ),
    panel="says that the rows were only counted.",
    repair="posts.count()",
    hint="ORM303",
    wasteful=counted_by_len,
    repaired=counted_by_len_repaired,
)


# Rows are loaded to see whether there are any.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#exists
def any_left(request: HttpRequest) -> HttpResponse:
    unread = Post.objects.filter(views__lt=50).defer("body")
    answer = "some are left" if unread else "nothing is left"
    return render(request, "demo/rows.html", {"rows": [("Hardly read posts", answer)]})


def any_left_repaired(request: HttpRequest) -> HttpResponse:
    unread = Post.objects.filter(views__lt=50).defer("body")
    answer = "some are left" if unread.exists() else "nothing is left"
    return render(request, "demo/rows.html", {"rows": [("Hardly read posts", answer)]})


ANY_LEFT = Problem(
    slug="any-left",
    title="A truth test that loads rows",
    happens=(
        "The page only needs yes or no. The truth test loads every matching row. Only a deep "
        "recording shows it: press “Deep-record the next request” on the page"
        " of its trace, and open this page again."
    ),
    panel="says that the rows were loaded only to check whether any exist.",
    repair="unread.exists()",
    hint="ORM304",
    wasteful=any_left,
    repaired=any_left_repaired,
)


FAMILY = Family(
    slug="too-much",
    title="Loaded, and not needed",
    problems=(
        COUNTED_FIRST,
        ALL_AT_ONCE,
        FAR_BEHIND,
        UNUSED_RELATIONS,
        LONG_TEXTS,
        COUNTED_BY_LEN,
        ANY_LEFT,
    ),
)
