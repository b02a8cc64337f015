"""Relations loaded row by row outside templates of Django: the admin, JSON, Jinja2, async views."""

# Generic views are written as Django projects write them: the classes take type arguments in the
# stubs only.
# mypy: disable-error-code="type-arg"

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import ListView

from demo.blog.admin import PostAdmin, RepairedPostAdmin
from demo.blog.models import Post
from demo.pages.problem import Family, Problem

# The admin's list of posts: the waste and the repair are in ``demo.blog.admin``.
# https://docs.djangoproject.com/en/stable/ref/contrib/admin/#django.contrib.admin.ModelAdmin.list_select_related
ADMIN_LIST = Problem(
    slug="admin-list",
    title="The admin",
    happens="The admin's list of posts with author and category. The columns are methods, so "
    "the admin does not know that they need a relation.",
    panel="names the methods behind the columns, and the ModelAdmin as the place for the fix.",
    repair='list_select_related = ("author", "category")',
    hint="ORM101",
    wasteful=PostAdmin,
    repaired=RepairedPostAdmin,
    url_names=("admin:blog_post_changelist", "admin:blog_repairedpost_changelist"),
)


# A generic view: there is no line with a queryset, only a class with a model.
class PostList(ListView):
    model = Post
    paginate_by = 40
    template_name = "demo/generic_list.html"


class RepairedPostList(ListView):
    queryset = Post.objects.select_related("category")
    paginate_by = 40
    template_name = "demo/generic_list.html"


GENERIC_LIST = Problem(
    slug="generic-list",
    title="A generic list view",
    happens="A ListView of posts, three lines long. The template shows the category of each. "
    "There is no queryset in the code that could be fixed.",
    panel="names the class as the place for the fix.",
    repair='queryset = Post.objects.select_related("category")',
    hint="ORM101",
    wasteful=PostList.as_view(),
    repaired=RepairedPostList.as_view(),
)


# A JSON API: no template, no page, the same waste in a serializing function.
def as_json(post: Post) -> dict[str, Any]:
    return {
        "id": post.pk,
        "title": post.title,
        "published_at": post.published_at,
        "author": post.author.name,
        "tags": [tag.name for tag in post.tags.all()],
    }


def json_api(request: HttpRequest) -> JsonResponse:
    posts = Post.objects.all()[:50]
    return JsonResponse({"posts": [as_json(post) for post in posts]})


def json_api_repaired(request: HttpRequest) -> JsonResponse:
    posts = Post.objects.select_related("author").prefetch_related("tags")[:50]
    return JsonResponse({"posts": [as_json(post) for post in posts]})


JSON_API = Problem(
    slug="json-api",
    title="A JSON API",
    happens="Fifty posts as JSON, with the author's name and the tags. There is no page to put a "
    "toolbar on: open the dashboard afterwards, the request is at the top.",
    panel="has no page to appear on; the dashboard shows the same groups and hints for this "
    "request.",
    repair='Post.objects.select_related("author").prefetch_related("tags")',
    hint="ORM101, ORM102",
    wasteful=json_api,
    repaired=json_api_repaired,
    shows_toolbar=False,
)


# The same kind of loop in a Jinja2 template, inside a macro.
def jinja_page(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, "demo/overview.jinja", {"posts": posts}, using="jinja2")


def jinja_page_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.select_related("category")[:40]
    return render(request, "demo/overview.jinja", {"posts": posts}, using="jinja2")


JINJA_PAGE = Problem(
    slug="jinja-macros",
    title="A Jinja2 page",
    happens="A page with Jinja2 macros. The macro that renders a row reads the category of the "
    "post.",
    panel="names the line of the macro in the template, not the compiled code behind it.",
    repair='Post.objects.select_related("category")',
    hint="ORM101",
    wasteful=jinja_page,
    repaired=jinja_page_repaired,
)


# An async view that awaits the tags of each post.
# https://docs.djangoproject.com/en/stable/topics/async/#queries-the-orm
async def rows_with_tags(posts: QuerySet[Post]) -> list[tuple[Post, list[str]]]:
    return [(post, [tag.name async for tag in post.tags.all()]) async for post in posts]


async def async_view(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.all()[:40]
    return render(request, "demo/async_view.html", {"rows": await rows_with_tags(posts)})


async def async_view_repaired(request: HttpRequest) -> HttpResponse:
    posts = Post.objects.prefetch_related("tags")[:40]
    return render(request, "demo/async_view.html", {"rows": await rows_with_tags(posts)})


ASYNC_VIEW = Problem(
    slug="async-view",
    title="An async view",
    happens="Async does not make a loop of queries shorter: forty posts, and for each of them the "
    "view waits for its tags.",
    panel="names the line in the async comprehension, as if it were ordinary code.",
    repair='Post.objects.prefetch_related("tags")',
    hint="ORM102",
    wasteful=async_view,
    repaired=async_view_repaired,
)


FAMILY = Family(
    slug="places",
    title="The same, in other places",
    problems=(
        ADMIN_LIST,
        GENERIC_LIST,
        JSON_API,
        JINJA_PAGE,
        ASYNC_VIEW,
    ),
)
