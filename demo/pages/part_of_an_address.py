"""A search for a part of a text, where the whole text is known.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#icontains
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Author, Comment
from demo.pages.problem import Problem

TEMPLATE = "demo/missing_index.html"


def wasteful(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author_email__icontains=reader.email)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


def repaired(request: HttpRequest) -> HttpResponse:
    reader = Author.objects.order_by("-joined_at")[0]
    comments = Comment.objects.filter(author=reader)
    return render(request, TEMPLATE, {"reader": reader, "comments": comments})


PROBLEM = Problem(
    slug="part-of-an-address",
    title="A search for a part",
    happens="The comments of a reader again, this time with icontains: every address is turned "
    "into capitals and searched from its first letter to its last.",
    panel="has the plan, after “Explain analyze”, and the trigram index that such a search needs, "
    "with its migration.",
    repair="Comment.objects.filter(author=reader)",
    wasteful=wasteful,
    repaired=repaired,
    hint="ORM603",
)
