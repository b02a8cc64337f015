"""The page with the toolbar on it: button, title, headers, and nothing that breaks."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from orm_insight import faults, insight, panel
from orm_insight.panel.pages import trace_page
from tests.builders import make_query, make_site, make_trace
from tests.panel.toolbar import PANEL, content_of, stats_of
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db


def test_button_says_what_matters():
    make_library(books=20)

    page = Client().get("/books/").text

    assert "21 queries · 1 hint" in page
    assert "21 queries from 2 lines of code" in page


def test_button_says_that_a_page_has_no_queries():
    assert "no queries" in Client().get("/quiet/").text


def test_button_tells_the_time_where_there_is_no_hint():
    page = Client().get("/count/").text

    assert re.search(r"<small>1 query · [0-9.]+ ms</small>", page)


def test_server_timing_tells_the_time_in_the_database():
    header = Client().get("/json/").headers["Server-Timing"]

    assert f"{PANEL}_queries;dur=" in header
    assert 'desc="1 queries, 0 hints"' in header


def test_rendering_inside_the_request_shows_the_trace(settings):
    settings.DEBUG_TOOLBAR_CONFIG = {"IS_RUNNING_TESTS": False, "RENDER_PANELS": True}
    make_library(books=20)

    page = Client().get("/books/").text

    assert "book_list.html" in page.split('id="OrmInsightPanel"')[1]
    assert "orm_insight/js/panel.js" in page


def test_panel_switched_off_by_cookie_records_nothing(settings):
    client = Client()
    client.cookies[f"djdt{PANEL}"] = "off"

    response = client.get("/quiet/")

    assert stats_of(response) == {}


def test_what_is_not_recorded_says_so():
    insight.pause()
    try:
        client = Client()
        response = client.get("/quiet/")
    finally:
        insight.resume()

    assert stats_of(response) == {"trace_id": None, "left_out": "paused"}
    assert "not recorded" in response.text
    assert "Not recorded" in content_of(client, response)


def test_project_without_dashboard_has_no_links_to_it(settings):
    settings.ROOT_URLCONF = "tests.panel.urls_without_dashboard"
    make_library(books=3)
    client = Client()

    content = content_of(client, client.get("/books/"))

    assert "book_list.html" in content
    assert "Open the full trace" not in content
    assert "This problem in all traces" not in content


def test_hint_leads_to_its_problem_on_the_dashboard():
    make_library(books=3)
    client = Client()

    content = content_of(client, client.get("/books/"))

    [problem] = re.findall(r'href="/_orm/problems/#(p-\w+)"', content)
    assert f'id="{problem}"' in client.get("/_orm/problems/").text


def test_project_without_jinja2_templates_is_served(settings):
    settings.TEMPLATES = [entry for entry in settings.TEMPLATES if "jinja2" not in entry["BACKEND"]]
    make_library(books=3)
    client = Client()

    assert "book_list.html" in content_of(client, client.get("/books/"))


@pytest.mark.parametrize("lines", [1, 100])
def test_ten_thousand_queries_give_a_small_panel(lines):
    trace = make_trace(
        *(
            make_query(site=make_site(line=number % lines), params=(number,), index=number)
            for number in range(10_000)
        )
    )

    markup = trace_page(trace.id, trace)

    assert len(markup) < 200_000
    assert f"{10_000 // lines:,} queries" in markup


def test_text_of_the_application_is_escaped():
    hostile = "<script>alert(1)</script>"
    site = make_site(file=f"/app/{hostile}.html", function=hostile, is_template=True)
    trace = make_trace(
        make_query(f"SELECT '{hostile}'", params=(hostile,), site=site, error=hostile)
    )

    markup = trace_page(trace.id, trace)

    assert "<script" not in markup
    assert markup.count("&lt;script&gt;") >= 4


def test_content_keeps_to_the_strict_policy():
    trace = make_trace(make_query(site=make_site()))

    markup = trace_page(trace.id, trace)

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", markup)


def fail(*args, **kwargs):
    raise RuntimeError("injected")


@pytest.mark.parametrize(
    "broken",
    [
        "begin_request",
        "recording_of",
        "finish_request",
        "trace_of",
        "is_our_own",
        "summarise",
        "headline",
        "title",
        "trace_page",
        "static",
        "active",
    ],
)
def test_failure_of_ours_leaves_page_and_toolbar_as_they_are(broken, monkeypatch):
    make_library(books=3)
    monkeypatch.setattr(panel, broken, fail)
    client = Client()

    response = client.get("/books/")
    shown = content_of(client, response)

    assert response.status_code == 200
    assert "Book 1 by Person 1" in response.text
    assert 'id="djDebug"' in response.text
    assert shown
    faults.clear()
