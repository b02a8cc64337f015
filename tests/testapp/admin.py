"""The library in the admin: one column that follows a foreign key, row by row."""

from __future__ import annotations

from django.contrib import admin

from tests.testapp import models


@admin.register(models.Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ("title", "author_country")

    @admin.display(description="country")
    def author_country(self, book: models.Book) -> str:
        return book.author.country.name
