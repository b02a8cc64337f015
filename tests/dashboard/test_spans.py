"""The way from a trace to the same one in another tool, and what its tags say."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from orm_insight import insight
from orm_insight.model.trace import SpanReference
from tests.builders import make_trace

pytestmark = pytest.mark.django_db
SPAN = SpanReference(trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331")
TEMPLATE = "https://traces.example/t/{trace_id}?span={span_id}"
FILLED = f"https://traces.example/t/{SPAN.trace_id}?span={SPAN.span_id}"


@pytest.fixture
def shown():
    setting = {"OTEL_TRACE_URL": TEMPLATE, "SHOW_CALLBACK": lambda request: True}
    with override_settings(ORM_INSIGHT=setting):
        yield


def page(id: str) -> str:
    return Client().get(f"/_orm/traces/{id}/").content.decode()


def span_of(id: str) -> object:
    return Client().get(f"/_orm/traces/{id}.json").json()["trace"]["span"]


def test_page_and_json_lead_to_the_span(shown):
    insight.keep(make_trace(id="with", span=SPAN))

    assert f'href="{FILLED}"' in page("with")
    assert span_of("with") == {"trace_id": SPAN.trace_id, "span_id": SPAN.span_id, "url": FILLED}


def test_without_a_span_there_is_no_link(shown):
    insight.keep(make_trace(id="without"))

    assert "OpenTelemetry" not in page("without")
    assert span_of("without") is None


def test_what_was_not_sampled_is_nowhere_to_be_found(shown):
    unsampled = SpanReference(trace_id=SPAN.trace_id, span_id=SPAN.span_id, is_sampled=False)
    insight.keep(make_trace(id="lost", span=unsampled))

    assert "OpenTelemetry" not in page("lost")
    assert span_of("lost")["url"] is None


def test_without_an_address_there_are_only_ids():
    with override_settings(ORM_INSIGHT={"SHOW_CALLBACK": lambda request: True}):
        insight.keep(make_trace(id="plain", span=SPAN))

        assert "OpenTelemetry" not in page("plain")
        assert span_of("plain")["url"] is None


def test_tags_are_shown(shown):
    insight.keep(make_trace(id="tags", kind="task", tags={"queue": "<mail>"}))

    assert "queue: &lt;mail&gt;" in page("tags")
