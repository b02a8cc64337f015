"""Fixes for the bodies of classes: generic views and ModelAdmins build their querysets themselves.

The patched module is a whole site, asked by a client, so that Django calls views and admin.
"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.hints.patching.tools import check_no_patch, check_patch, needs_git
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
    needs_git,
]

HEADER = """from django.contrib import admin
from django.contrib.auth.models import User
from django.http import JsonResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.generic import ListView

from tests.testapp.models import Book

urlpatterns = []
SITE = admin.AdminSite()
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


def get(url, view):
    urlpatterns[:] = [path("page/", view), path("admin/", SITE.urls)]
    user = User.objects.get(username="ada")
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=MIDDLEWARE):
        client = Client()
        client.force_login(user)
        return client.get(url)


class Listed(ListView):
    def render_to_response(self, context):
        names = [book.author.name for book in context["object_list"]]
        return JsonResponse(names, safe=False)


def names(view):
    return get("/page/", view.as_view()).json()


def listed(model_admin):
    if SITE.is_registered(Book):
        SITE.unregister(Book)
    SITE.register(Book, model_admin)
    books = get("/admin/testapp/book/", ListView.as_view()).context_data["cl"].result_list
    return sorted(str(book) for book in books)


class Showing(admin.ModelAdmin):
    list_display = ("title", "author_name")

    def author_name(self, book):
        return book.author.name

"""


@pytest.fixture(autouse=True)
def superuser(library, alias):
    User.objects.db_manager(alias).create_superuser("ada")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            """
            class Rows(Listed):
                def get_queryset(self):
                    return self.model.objects.order_by("pk")

            class BookRows(Rows):
                model = Book

            def run():
                return names(BookRows)
            """,
            id="a class for any model",
        ),
        pytest.param(
            """
            class BookAdmin(Showing):
                def get_list_select_related(self, request):
                    return ("publisher",)

            def run():
                return listed(BookAdmin)
            """,
            id="a method that is asked first",
        ),
    ],
)
def test_noop_uncertain(code, tmp_path):
    check_no_patch(tmp_path, code, "ORM101", header=HEADER)


CASES = {
    "view with a model": (
        """
        class BookRows(Listed):
            model = Book
            ordering = "pk"

        def run():
            return names(BookRows)
        """,
        """
        +    queryset = Book.objects.select_related("author")
        """,
    ),
    "view with a queryset": (
        """
        class BookRows(Listed):
            queryset = Book.objects.all()
            ordering = "pk"

        def run():
            return names(BookRows)
        """,
        """
        -    queryset = Book.objects.all()
        +    queryset = Book.objects.all().select_related("author")
        """,
    ),
    "view with a method": (
        """
        class BookRows(Listed):
            model = Book

            def get_queryset(self):
                return super().get_queryset().order_by("pk")

        def run():
            return names(BookRows)
        """,
        """
        -        return super().get_queryset().order_by("pk")
        +        return super().get_queryset().order_by("pk").select_related("author")
        """,
    ),
    "view whose base asks its own base": (
        """
        class Rows(Listed):
            def get_queryset(self):
                return super().get_queryset().order_by("pk")

        class BookRows(Rows):
            model = Book

        def run():
            return names(BookRows)
        """,
        """
        +    queryset = Book.objects.select_related("author")
        """,
    ),
    "admin": (
        """
        class BookAdmin(Showing):
            \"\"\"Of books.\"\"\"

            list_display = ("title", "show")

            def show(self, book):
                return book.author.name

        def run():
            return listed(BookAdmin)
        """,
        """
        +    list_select_related = ["author"]
        """,
    ),
    "admin without a body": (
        """
        class BookAdmin(Showing):
            \"\"\"Of books.\"\"\"

        def run():
            return listed(BookAdmin)
        """,
        """
        +    list_select_related = ["author"]
        +
        """,
    ),
    "admin that begins with a method": (
        """
        class BookAdmin(Showing):
            @admin.display(description="author")
            def author_name(self, book):
                return book.author.name

        def run():
            return listed(BookAdmin)
        """,
        """
        +    list_select_related = ["author"]
        +
        """,
    ),
    "admin with a list": (
        """
        class BookAdmin(Showing):
            list_select_related = ["publisher"]

        def run():
            return listed(BookAdmin)
        """,
        """
        -    list_select_related = ["publisher"]
        +    list_select_related = ["publisher", "author"]
        """,
    ),
    "admin with a tuple of one": (
        """
        class BookAdmin(Showing):
            list_select_related = ("publisher",)

        def run():
            return listed(BookAdmin)
        """,
        """
        -    list_select_related = ("publisher",)
        +    list_select_related = ("publisher", "author",)
        """,
    ),
    "admin that follows nothing": (
        """
        class BookAdmin(Showing):
            list_select_related = False

        def run():
            return listed(BookAdmin)
        """,
        """
        -    list_select_related = False
        +    list_select_related = ["author"]
        """,
    ),
    "admin with a method": (
        """
        @admin.register(Book, site=admin.AdminSite())
        class Books(Showing):
            def get_queryset(self, request):
                return super().get_queryset(request).filter(pages__gt=1)

        def run():
            return listed(Books)
        """,
        """
        -        return super().get_queryset(request).filter(pages__gt=1)
        +        return super().get_queryset(request).filter(pages__gt=1).select_related("author")
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_class(name, tmp_path):
    code, changes = CASES[name]
    check_patch(tmp_path, code, "ORM101", changes, header=HEADER)


def test_admin_of_a_set(tmp_path):
    code = """
    class BookAdmin(admin.ModelAdmin):
        list_display = ["kinds"]

        def kinds(self, book):
            return ", ".join(genre.name for genre in book.genres.all())

    def run():
        return listed(BookAdmin)
    """
    changes = """
    +    def get_queryset(self, request):
    +        return super().get_queryset(request).prefetch_related("genres")
    +
    """
    check_patch(tmp_path, code, "ORM102", changes, header=HEADER)
