"""The link in the admin: real pages of it, for those who may see the dashboard and for others."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from orm_insight import faults, insight
from orm_insight.dashboard import admin_link
from tests.testapp.models import Book
from tests.urls import urlpatterns as of_the_project

pytestmark = pytest.mark.django_db
HERE = __name__
LINK = 'href="/_orm/"'
# In the index as heading, line and button; in the sidebar, which some pages lack, without button.
PAGES = {
    "/admin/": 3,
    "/admin/testapp/": 0,
    "/admin/testapp/book/": 2,
    "/admin/password_change/": 2,
}


class OrderedSite(AdminSite):
    """Makes the list of applications by itself, and has a page of its own."""

    def get_app_list(self, request: Any, app_label: str | None = None) -> Any:
        return ({"name": "mine", "app_label": "mine", "app_url": "/mine/", "models": []},)

    def index(self, request: Any, extra_context: Any = None) -> Any:
        if "plain" in request.GET:
            return HttpResponse("plain")
        return super().index(request, {**(extra_context or {}), "title": "Ordered"})


ordered = OrderedSite(name="ordered")
urlpatterns = [path("ordered/", ordered.urls), *of_the_project]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    """Nobody is near: the rule for addresses is tried on its own."""
    settings.INTERNAL_IPS = []
    settings.ROOT_URLCONF = HERE
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "debug_toolbar" not in name]


def signed_in(**facts: Any) -> Client:
    client = Client()
    user = get_user_model().objects.create(username="ada", is_staff=True, **facts)
    user.user_permissions.add(*Permission.objects.filter(codename="view_book"))
    client.force_login(user)
    return client


def links(client: Client, address: str) -> int:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode().count(LINK)


@pytest.mark.parametrize(("address", "times"), PAGES.items())
def test_superuser_sees_it(address: str, times: int) -> None:
    assert links(signed_in(is_superuser=True), address) == times


@pytest.mark.parametrize("address", PAGES)
def test_staff_does_not(address: str) -> None:
    assert links(signed_in(), address) == 0


@pytest.mark.parametrize(("near", "expected"), [(["127.0.0.1"], True), (["203.0.113.7"], False)])
def test_with_debug_addresses_count(settings: Any, near: list[str], *, expected: bool) -> None:
    settings.DEBUG = True
    settings.INTERNAL_IPS = near
    assert bool(links(signed_in(), "/admin/")) is expected
    settings.DEBUG = False
    assert links(Client(), "/admin/login/") == 0


def test_who_has_not_signed_in_gets_no_link_with_debug(settings: Any) -> None:
    settings.DEBUG = True
    settings.INTERNAL_IPS = ["127.0.0.1"]
    response = Client().get("/admin/login/")
    assert LINK not in response.content.decode()
    assert [app["app_label"] for app in response.context["available_apps"]] == []


def test_it_reads_like_an_application_at_the_end() -> None:
    client = signed_in(is_superuser=True)
    response = client.get("/admin/")
    *others, entry = response.context["app_list"]
    for app in [*others, entry]:
        assert {"name", "app_label", "app_url", "has_module_perms", "models"} <= set(app)
    keys = {"model", "name", "object_name", "perms", "admin_url", "add_url", "view_only"}
    [row] = entry["models"]
    assert set(row) == keys == set(others[0]["models"][0])
    assert (entry["name"], row["name"], row["admin_url"]) == ("ORM insight", "Dashboard", "/_orm/")
    assert row["model"]._meta.app_label == "orm_insight"
    assert client.get(entry["app_url"]).status_code == 200


def test_what_the_admin_makes_of_applications_stays_as_it_is(rf: Any) -> None:
    client = signed_in(is_superuser=True)
    [of_the_page] = client.get("/admin/testapp/").context["app_list"]
    assert of_the_page["app_label"] == "testapp"
    assert client.get("/admin/orm_insight/").status_code == 404
    request = rf.get("/admin/")
    request.user = get_user_model().objects.get()
    labels = [app["app_label"] for app in ordered.get_app_list(request)]
    assert labels == ["mine"]


def test_site_and_template_of_the_project(settings: Any, tmp_path: Any) -> None:
    (tmp_path / "own.html").write_text("{% for app in app_list %}{{ app.name }};{% endfor %}")
    [engine, other] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}, other]
    client = signed_in(is_superuser=True)
    assert links(client, "/ordered/") == 3
    ordered.index_template = "own.html"
    try:
        assert client.get("/ordered/").content == b"mine;ORM insight;"
    finally:
        ordered.index_template = None
    assert client.get("/ordered/?plain").content == b"plain"


def test_project_without_the_dashboard(settings: Any) -> None:
    settings.ROOT_URLCONF = tuple(p for p in urlpatterns if str(p.pattern) != "_orm/")
    assert "ORM insight" not in signed_in(is_superuser=True).get("/admin/").content.decode()


def asks_and_fails(request: HttpRequest) -> bool:
    Book.objects.count()
    raise ValueError("a failure of the project's rule")


def test_failure_and_queries_of_an_own_rule_are_no_part_of_the_page(settings: Any) -> None:
    client = signed_in(is_superuser=True)
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": asks_and_fails, "RESPONSE_HEADERS": False}
    assert links(client, "/admin/") == 0
    [failure] = faults.counts()
    assert failure.startswith("add a link to the admin: ValueError")
    faults.clear()
    [trace] = insight.recent()
    assert not any("testapp_book" in query.sql for query in trace.queries)


def test_what_was_installed_is_taken_off_by_identity() -> None:
    client = signed_in(is_superuser=True)
    admin_link.install()
    admin_link.uninstall()
    try:
        assert links(client, "/ordered/") == 0
        assert not hasattr(AdminSite.index, "__wrapped__")
    finally:
        admin_link.install()
    assert links(client, "/ordered/") == 3
