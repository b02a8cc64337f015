"""A generic view: there is no line with a queryset, only a class with a model."""

# Written as Django projects write it: the classes take type arguments in the stubs only.
# mypy: disable-error-code="type-arg"

from __future__ import annotations

from django.views.generic import ListView

from demo.blog.models import Post
from demo.pages.problem import Problem


class PostList(ListView):
    model = Post
    paginate_by = 40
    template_name = "demo/generic_list.html"


class RepairedPostList(ListView):
    queryset = Post.objects.select_related("category")
    paginate_by = 40
    template_name = "demo/generic_list.html"


PROBLEM = Problem(
    slug="generic-list",
    title="A generic list view",
    happens="A ListView of posts, three lines long. The template shows the category of each. "
    "Nobody ever wrote a queryset that could be repaired.",
    panel="names the class as the place for the fix.",
    repair='queryset = Post.objects.select_related("category")',
    hint="ORM101",
    wasteful=PostList.as_view(),
    repaired=RepairedPostList.as_view(),
)
