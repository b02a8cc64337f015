"""The admin's list of posts: the waste and the repair are in ``demo.blog.admin``.

https://docs.djangoproject.com/en/stable/ref/contrib/admin/#django.contrib.admin.ModelAdmin.list_select_related
"""

from __future__ import annotations

from demo.blog.admin import PostAdmin, RepairedPostAdmin
from demo.pages.problem import Problem

PROBLEM = Problem(
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
