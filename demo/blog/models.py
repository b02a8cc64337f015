"""The tables of the blog.

``Comment.author_email`` has no index on purpose: one of the problem pages filters by it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.indexes import Index


class Author(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=90, unique=True)
    email = models.EmailField(unique=True)
    joined_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Profile(models.Model):
    author = models.OneToOneField(Author, on_delete=models.CASCADE, related_name="profile")
    headline = models.CharField(max_length=120)
    city = models.CharField(max_length=60)
    biography = models.TextField()

    def __str__(self) -> str:
        return self.headline


class Category(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=70, unique=True)
    description = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)
    slug = models.SlugField(max_length=50, unique=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    title = models.CharField(max_length=160)
    slug = models.SlugField(max_length=180, unique=True)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="posts")
    tags = models.ManyToManyField(Tag, related_name="posts")
    summary = models.TextField()
    body = models.TextField()
    published_at = models.DateTimeField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-published_at", "-pk"]
        indexes: ClassVar[list[Index]] = [
            models.Index(fields=["-published_at", "-id"], name="blog_post_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="comments")
    author_email = models.EmailField(help_text="The author's address when the comment was written")
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        indexes: ClassVar[list[Index]] = [
            models.Index(fields=["-created_at", "-id"], name="blog_comment_newest"),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class RepairedPost(Post):
    """The same posts for a second admin list, with its repair."""

    class Meta:
        proxy = True
        verbose_name = "post (repaired list)"
        verbose_name_plural = "posts (repaired list)"
