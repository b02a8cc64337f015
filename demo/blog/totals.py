"""Numbers about the whole blog."""

from __future__ import annotations

from django.db.models import Sum

from demo.blog.models import Post


def all_views() -> int:
    """How often all posts together have been read."""
    total: int | None = Post.objects.aggregate(total=Sum("views"))["total"]
    return total or 0
