"""Addresses below the dashboard are none of the application's, wherever the dashboard is."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.test.utils import override_script_prefix
from django.urls import include, path

from orm_insight import insight

HERE = __name__
pytestmark = pytest.mark.django_db
urlpatterns = [
    path("tools/sql/", include("orm_insight.urls")),
    path("", include("tests.testapp.urls")),
]


def recorded(address: str, **facts) -> list[str]:
    Client(raise_request_exception=False).get(address, **facts)
    return [trace.path for trace in insight.recent()]


@pytest.mark.parametrize(
    "address", ["/_orm", "/_orm/nothing/", "/_orm/traces", "/_orm/traces/a/b/"]
)
def test_addresses_that_the_dashboard_does_not_know(address):
    assert recorded(address) == []


@pytest.mark.parametrize("address", ["/_ormandy/", "/nothing/", "/_or", "/x/_orm/nothing/"])
def test_other_addresses_that_lead_nowhere_are_recorded(address):
    assert recorded(address) == [address]


@override_settings(ROOT_URLCONF=HERE)
def test_dashboard_elsewhere():
    assert recorded("/tools/sql/nothing/") == []
    assert recorded("/tools/sql") == []
    assert recorded("/_orm/nothing/") == ["/_orm/nothing/"]


@override_settings(ROOT_URLCONF=HERE)
@override_script_prefix("/shop/")
def test_below_the_prefix_of_a_server():
    assert recorded("/tools/sql/nothing/", SCRIPT_NAME="/shop") == []
    assert recorded("/nothing/", SCRIPT_NAME="/shop") == ["/shop/nothing/"]


@override_settings(ROOT_URLCONF="tests.testapp.urls")
def test_project_without_a_dashboard():
    assert recorded("/_orm/nothing/") == ["/_orm/nothing/"]


@override_settings(ROOT_URLCONF="tests.urls_at_root")
def test_dashboard_at_the_root_does_not_claim_everything():
    assert recorded("/nothing/") == ["/nothing/"]


@override_settings(ROOT_URLCONF="tests.no_such_module")
def test_urls_that_cannot_be_loaded_are_told_as_they_are():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        recorded("/books/")
    [trace] = insight.recent()
    assert "no_such_module" in trace.error
