"""The same kind of loop in a Jinja2 template, inside a macro."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.blog.models import Post
from demo.pages.problem import Problem

TEMPLATE = "demo/overview.jinja"


def wasteful(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, TEMPLATE, {"posts": posts}, using="jinja2")


def repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("category")[:40]
    return render(request, TEMPLATE, {"posts": posts}, using="jinja2")


PROBLEM = Problem(
    slug="jinja-macros",
    title="A Jinja2 page",
    happens="A page with Jinja2 macros. The macro that draws a row asks the post for its category.",
    panel="names the line of the macro in the template, not the compiled code behind it.",
    repair='Post.objects.select_related("category")',
    hint="ORM101",
    wasteful=wasteful,
    repaired=repaired,
)
