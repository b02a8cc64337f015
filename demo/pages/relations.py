"""Relations that are loaded row by row, and the queryset that loads them together."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment, Post, Tag
from demo.pages.problem import Family, Problem


# A foreign key in a loop: the template asks each post for its author.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
def authors_in_a_loop(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:50]
    return render(request, "demo/authors_in_a_loop.html", {"posts": posts})


def authors_in_a_loop_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("author")[:50]
    return render(request, "demo/authors_in_a_loop.html", {"posts": posts})


AUTHORS_IN_A_LOOP = Problem(
    slug="authors-in-a-loop",
    title="A foreign key in a loop",
    happens="Fifty posts, each with the name of its author. An included template reads the author "
    "of every post, and each time that is another query: the classic N+1.",
    panel="names the line of the included template, and select_related() for the queryset of the "
    "posts.",
    repair='Post.objects.select_related("author")',
    hint="ORM101",
    wasteful=authors_in_a_loop,
    repaired=authors_in_a_loop_repaired,
)


# Two levels of relations in a loop: post, its author, the author's profile.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
def two_levels(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, "demo/two_levels.html", {"posts": posts})


def two_levels_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("author__profile")[:40]
    return render(request, "demo/two_levels.html", {"posts": posts})


TWO_LEVELS = Problem(
    slug="two-levels",
    title="Two levels in a loop",
    happens="Each post shows where its author lives: post, author, profile. Two queries for "
    "every row, one below the other.",
    panel="gives the whole path, starting at the posts, and not a fix for authors that nobody "
    "here has a queryset of.",
    repair='Post.objects.select_related("author__profile")',
    hint="ORM101",
    wasteful=two_levels,
    repaired=two_levels_repaired,
)


# Relations to many in a loop: each post is asked for its tags and its comments.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
def comments_and_tags(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:30]
    return render(request, "demo/comments_and_tags.html", {"posts": posts})


def comments_and_tags_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags", "comments")[:30]
    return render(request, "demo/comments_and_tags.html", {"posts": posts})


COMMENTS_AND_TAGS = Problem(
    slug="comments-and-tags",
    title="Comments and tags in a loop",
    happens="Thirty posts with their tags and their comments. Two relations, both loaded once per "
    "post: sixty queries too many.",
    panel="shows two groups of thirty queries, each with its own template line, and one fix "
    "for each relation.",
    repair='Post.objects.prefetch_related("tags", "comments")',
    hint="ORM102",
    wasteful=comments_and_tags,
    repaired=comments_and_tags_repaired,
)


# A foreign key below a prefetch: the comments are there, their authors are not.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
def conversations(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("comments")[:10]
    return render(request, "demo/conversations.html", {"posts": posts})


def conversations_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("comments__author")[:10]
    return render(request, "demo/conversations.html", {"posts": posts})


CONVERSATIONS = Problem(
    slug="conversations",
    title="Below a prefetch",
    happens="Somebody has prefetched the comments already, and was pleased. But every comment "
    "shows who wrote it, and the authors are still loaded once per row.",
    panel="points at the queryset of the posts, where the path of the prefetch has to be one "
    "step longer.",
    repair='Post.objects.prefetch_related("comments__author")',
    hint="ORM101",
    wasteful=conversations,
    repaired=conversations_repaired,
)


# Related objects with a condition, asked for row by row.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-objects
SINCE = "2025-01-01T00:00Z"


def filtered_sets(request: HttpRequest) -> HttpResponse:
    authors = Author.objects.all()[:30]
    rows = [
        (author.name, ", ".join(str(c) for c in author.comments.filter(created_at__gte=SINCE)))
        for author in authors
    ]
    return render(request, "demo/rows.html", {"rows": rows})


def filtered_sets_repaired(request: HttpRequest) -> HttpResponse:
    newer = Comment.objects.filter(created_at__gte=SINCE)
    authors = Author.objects.prefetch_related(
        Prefetch("comments", queryset=newer, to_attr="newer_comments")
    )[:30]
    rows = [(author.name, ", ".join(str(c) for c in author.newer_comments)) for author in authors]
    return render(request, "demo/rows.html", {"rows": rows})


FILTERED_SETS = Problem(
    slug="filtered-sets",
    title="Some of the related objects",
    happens=(
        "Thirty authors, each with the comments since a day. A filter on the related manager runs "
        "a query for every author, and a plain prefetch does not help."
    ),
    panel="writes the Prefetch with the conditions of the code, and what the loop has to read "
    "instead.",
    repair='Prefetch("comments", queryset=Comment.objects.filter(...), to_attr="newer_comments")',
    hint="ORM103",
    wasteful=filtered_sets,
    repaired=filtered_sets_repaired,
)


# A prefetch that is there, and is passed over.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
def prefetched_again(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags")[:30]
    rows = [(post.title, ", ".join(str(t) for t in post.tags.order_by("-name"))) for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


def prefetched_again_repaired(request: HttpRequest) -> HttpResponse:
    backwards = Prefetch("tags", queryset=Tag.objects.order_by("-name"), to_attr="ordered_tags")
    posts = Post.objects.prefetch_related(backwards)[:30]
    rows = [(post.title, ", ".join(str(t) for t in post.ordered_tags)) for post in posts]
    return render(request, "demo/rows.html", {"rows": rows})


PREFETCHED_AGAIN = Problem(
    slug="prefetched-again",
    title="Prefetched, and asked again",
    happens=(
        "The tags are prefetched, but the page wants them in another order: order_by() runs a "
        "query for each post, and the prefetch is wasted."
    ),
    panel="says that the prefetch is not used, and writes one that is.",
    repair='Prefetch("tags", queryset=Tag.objects.order_by("-name"), to_attr="ordered_tags")',
    hint="ORM104",
    wasteful=prefetched_again,
    repaired=prefetched_again_repaired,
)


# A deferred field in a loop: ``only()`` was meant to save something.
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#only
def deferred_field(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.only("title", "slug")[:40]
    return render(request, "demo/deferred_field.html", {"posts": posts})


def deferred_field_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.only("title", "slug", "summary")[:40]
    return render(request, "demo/deferred_field.html", {"posts": posts})


DEFERRED_FIELD = Problem(
    slug="deferred-field",
    title="A deferred field in a loop",
    happens="Only two columns are loaded, to spare the database the long texts. Later somebody "
    "adds the summary to the template, and each row fetches it for itself.",
    panel="names the field and the only() that leaves it out.",
    repair='Post.objects.only("title", "slug", "summary")',
    hint="ORM106",
    wasteful=deferred_field,
    repaired=deferred_field_repaired,
)


FAMILY = Family(
    slug="relations",
    title="Relations, loaded once per row",
    problems=(
        AUTHORS_IN_A_LOOP,
        TWO_LEVELS,
        COMMENTS_AND_TAGS,
        CONVERSATIONS,
        FILTERED_SETS,
        PREFETCHED_AGAIN,
        DEFERRED_FIELD,
    ),
)
