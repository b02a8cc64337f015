"""EXPLAIN by form and as JSON, on real databases."""

from __future__ import annotations

import pytest

import orm_insight
from orm_insight import insight
from tests.builders import make_query
from tests.testapp.models import Book


@pytest.fixture
def captured(dashboard, alias):
    """A query of the ORM, recorded on each database in turn."""
    with orm_insight.capture("books") as trace:
        list(Book.objects.using(alias).filter(title="x"))
    dashboard.path = f"traces/{trace.id}/queries/0/"
    dashboard.alias = alias
    return dashboard


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("analyze", ["1", ""])
def test_form_shows_the_plan_on_a_whole_page(captured, analyze):
    response = captured.post(f"{captured.path}explain/", referred_by=captured.path, analyze=analyze)

    page = response.content.decode()
    assert response.status_code == 200
    assert "<html" in page
    assert "oi-plan" in page
    assert "testapp_book" in page
    assert ("Measured plan" in page) == (analyze == "1" and captured.alias == "default")


@pytest.mark.django_db(databases="__all__")
def test_fragment_is_the_plan_alone(captured):
    response = captured.post(f"{captured.path}explain/?fragment=1", referred_by=captured.path)

    assert "<html" not in response.content.decode()
    assert "oi-plan" in response.content.decode()


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(
    ("address", "headers"), [("?format=json", {}), ("", {"accept": "application/json"})]
)
def test_json_by_address_and_by_header(captured, address, headers):
    token = captured.client.get(f"/_orm/{captured.path}").cookies["csrftoken"].value
    response = captured.client.post(
        f"/_orm/{captured.path}explain/{address}",
        {"analyze": "1"},
        headers={"x-csrftoken": token, **headers},
    )

    found = response.json()
    assert response.status_code == 200
    assert found["outcome"] == "explained"
    assert found["plan"]["root"]


@pytest.mark.django_db(databases="__all__")
def test_table_that_has_gone_is_a_message(dashboard, alias):
    vendor = {"default": "postgresql"}.get(alias, alias)
    trace = dashboard.keep(make_query("SELECT * FROM gone", alias=alias, vendor=vendor))
    path = f"traces/{trace.id}/queries/0/"

    page = dashboard.post(f"{path}explain/", referred_by=path)
    answer = dashboard.post(f"{path}explain/?format=json", referred_by=path)

    assert page.status_code == 200
    assert "gone" in page.content.decode()
    assert 400 <= answer.status_code < 500
    assert answer.json()["plan"] is None


def test_unknown_database_is_a_message(dashboard):
    trace = dashboard.keep(make_query(alias="mars", vendor="postgresql"))
    path = f"traces/{trace.id}/queries/0/"

    answer = dashboard.post(f"{path}explain/?format=json", referred_by=path)

    assert answer.status_code == 424
    assert "mars" in answer.json()["error"]


def test_trace_that_expired_meanwhile(dashboard):
    trace = dashboard.keep(make_query())
    path = f"traces/{trace.id}/queries/0/"
    dashboard.get(path)
    response = dashboard.post("clear/")
    assert insight.recent() == ()

    response = dashboard.post(f"{path}explain/")

    assert response.status_code == 404
    assert "no trace with this id" in response.content.decode()


def test_query_out_of_range(dashboard):
    trace = dashboard.keep(make_query())

    assert dashboard.post(f"traces/{trace.id}/queries/1/explain/").status_code == 404


def test_explain_can_be_switched_off(dashboard, settings):
    settings.ORM_INSIGHT = {"EXPLAIN_ENABLED": False}
    trace = dashboard.keep(make_query())

    path = f"traces/{trace.id}/queries/0/"

    assert "Explain analyze" not in dashboard.text(path)
    answer = dashboard.post(f"{path}explain/?format=json")
    assert (answer.status_code, answer.json()["outcome"]) == (422, "refused")
