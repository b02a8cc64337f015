"""Writes the content into the database: all of it, or, when it fails, nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import override_settings

from demo.blog.models import Author, Category, Comment, Post, Profile, Tag
from demo.seeding import content

BATCH = 5_000
ADMIN_NAME = "admin"
ADMIN_PASSWORD = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How many rows of each growing table."""

    authors: int = 200
    posts: int = 5_000
    comments: int = 50_000

    def scaled(self, scale: float) -> Amounts:
        """A smaller blog for tests; still large enough to fill every page of the demo."""
        return Amounts(
            authors=max(20, round(self.authors * scale)),
            posts=max(100, round(self.posts * scale)),
            comments=max(500, round(self.comments * scale)),
        )


def is_filled() -> bool:
    return Author.objects.exists()


def fill(amounts: Amounts) -> None:
    # With DEBUG on, Django would keep the text of every statement: megabytes, and seconds.
    with override_settings(DEBUG=False), transaction.atomic():
        _write(amounts)
        _reset_sequences(Author, Profile, Category, Tag, Post, Post.tags.through, Comment)
        get_user_model().objects.create_superuser(ADMIN_NAME, password=ADMIN_PASSWORD)
    with connection.cursor() as cursor:
        # The plans shall not depend on whether autovacuum has come round yet.
        cursor.execute("ANALYZE")


def _write(amounts: Amounts) -> None:
    authors = content.authors(amounts.authors)
    posts, subjects = content.posts(amounts.posts, authors)
    link = Post.tags.through
    _create(Author, authors)
    _create(Profile, content.profiles(authors))
    _create(Category, content.categories())
    _create(Tag, content.tags())
    _create(Post, posts)
    pairs = enumerate(content.post_tags(amounts.posts), start=1)
    _create(link, (link(pk=pk, post_id=post, tag_id=tag) for pk, (post, tag) in pairs))
    _create(Comment, content.comments(amounts.comments, posts, subjects, authors))


def _create(model: type[Model], rows: Iterable[Model]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)


def _reset_sequences(*models: type[Model]) -> None:
    """The keys were given: the sequences have to follow, for rows that the admin adds."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
