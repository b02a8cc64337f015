"""The admin: a list of posts that asks for author and category row by row, and its repair.

The columns are methods, as soon as a column is more than the bare field: then the admin does
not see that a relation is needed, and adds no ``select_related`` by itself.
"""

# Written as Django projects write it: the classes take type arguments in the stubs only.
# mypy: disable-error-code="type-arg"

from __future__ import annotations

from django.contrib import admin

from demo.blog.models import Author, Category, Comment, Post, Profile, RepairedPost, Tag


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ("title", "written_by", "filed_under", "published_at", "views")
    list_per_page = 50
    search_fields = ("title",)
    raw_id_fields = ("author",)
    show_full_result_count = False

    @admin.display(description="author")
    def written_by(self, post: Post) -> str:
        return post.author.name

    @admin.display(description="category")
    def filed_under(self, post: Post) -> str:
        return post.category.name


@admin.register(RepairedPost)
class RepairedPostAdmin(PostAdmin):
    list_select_related = ("author", "category")


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ("__str__", "author", "created_at")
    list_per_page = 50
    raw_id_fields = ("post", "author")
    show_full_result_count = False


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ("name", "email", "joined_at")
    search_fields = ("name", "email")


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):
    list_display = ("author", "headline", "city")


@admin.register(Category, Tag)
class NameAdmin(admin.ModelAdmin):
    list_display = ("name", "slug")
