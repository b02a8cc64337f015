"""Another ``Book``, so that a model's name alone never identifies it."""

from __future__ import annotations

from django.db import models


class Book(models.Model):
    """An account book, and the person who keeps it."""

    name = models.CharField(max_length=100)
    keeper = models.ForeignKey("testapp.Person", models.CASCADE, related_name="account_books")

    def __str__(self) -> str:
        return self.name
