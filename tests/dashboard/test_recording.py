"""The page "Recording": the sample rate is changed while the project runs, the limits are shown."""

from __future__ import annotations

import re
from html import unescape

import pytest

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.recording import control
from orm_insight.stores.base import TraceStore
from tests.dashboard.pages import elements


def posted(dashboard, **values):
    return dashboard.post("recording/", **values)


def shown_limits(dashboard) -> dict[str, list[str]]:
    """The values of each limit, as the page shows them."""
    rows = re.findall(
        r"<dt.*?<code[^>]*>(\w+)</code>.*?<dd>(.*?)</dd>", dashboard.text("recording/"), re.DOTALL
    )
    return {
        name: [unescape(value) for value in re.findall("<code>(.*?)</code>", values)]
        for name, values in rows
    }


def test_the_page_says_what_holds(dashboard, settings):
    settings.ORM_INSIGHT = {"SAMPLE_RATE": 0.25}

    page = dashboard.text("recording/")

    assert "currently: 0.25" in page
    assert "only to this process" in page
    assert "Reset to the settings" not in page


def test_limits_of_the_settings_are_shown(dashboard, settings):
    assert shown_limits(dashboard) == {
        "ON_DEMAND": ["off"],
        "ONLY_SLOW_MS": ["no limit"],
        "ONLY_WITH_HINTS": ["off"],
        "IGNORE_PATHS": ["none"],
        "MAX_DETAILED_QUERIES": ["5000"],
        "MAX_QUERIES": ["10000"],
    }

    settings.ORM_INSIGHT = {
        "ON_DEMAND": True,
        "ONLY_SLOW_MS": 2.5,
        "ONLY_WITH_HINTS": True,
        "IGNORE_PATHS": ["^/health/", "^/<b>/"],
        "MAX_DETAILED_QUERIES": 7,
        "MAX_QUERIES": 1234567,
    }

    assert shown_limits(dashboard) == {
        "ON_DEMAND": ["on"],
        "ONLY_SLOW_MS": ["2.5"],
        "ONLY_WITH_HINTS": ["on"],
        "IGNORE_PATHS": ["^/health/", "^/<b>/"],
        "MAX_DETAILED_QUERIES": ["7"],
        "MAX_QUERIES": ["1234567"],
    }
    assert "<b>" not in dashboard.text("recording/")


def test_limits_of_the_settings_cannot_be_changed_here(dashboard):
    before = get_config()

    posted(
        dashboard,
        on_demand="yes",
        only_slow_ms="10",
        only_with_hints="yes",
        ignore_paths="^/a/",
        max_detailed_queries="7",
        max_queries="8",
    )

    assert get_config() == before
    fields = [*elements(dashboard.text("recording/"), "input")]
    named = {field.get("name") for field in fields if field.get("id", "").startswith("oi-")}
    assert named == {"sample_rate"}


def test_what_is_changed_holds_at_once_and_can_be_taken_back(dashboard, client):
    assert posted(dashboard, sample_rate="0").status_code == 303
    client.get("/quiet/")

    assert get_config().sample_rate == 0
    assert insight.recent() == ()
    page = dashboard.text("recording/")
    assert "currently: 0, <strong>changed</strong>; the settings say 1" in page
    assert "Only 0 % of the requests are recorded" in dashboard.text()

    posted(dashboard, settings="1", sample_rate="0")
    assert get_config().sample_rate == 1
    assert "changed</strong>" not in dashboard.text("recording/")


def test_an_empty_field_is_the_setting(dashboard, settings):
    settings.ORM_INSIGHT = {"SAMPLE_RATE": 0.5}
    posted(dashboard, sample_rate="0.25")
    assert get_config().sample_rate == 0.25

    posted(dashboard, sample_rate=" ")

    assert get_config().sample_rate == 0.5
    assert control.board().sample_rate is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2", "SAMPLE_RATE must be from 0 to 1, not 2."),
        ("-3", "SAMPLE_RATE must be from 0 to 1, not -3."),
        ("nan", "SAMPLE_RATE must be from 0 to 1, not nan."),
        ("inf", "SAMPLE_RATE must be from 0 to 1, not inf."),
        ("9" * 5000, "SAMPLE_RATE must be from 0 to 1, not inf."),
        ("none", "SAMPLE_RATE must be a number, not &#39;none&#39;."),
        ("often", "SAMPLE_RATE must be a number, not &#39;often&#39;."),
    ],
    ids=lambda text: text[:20],
)
def test_a_wrong_value_changes_nothing_and_the_form_stays(dashboard, text, message):
    posted(dashboard, sample_rate="0.75")
    before = get_config()

    response = posted(dashboard, sample_rate=text)

    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert f'value="{text}"' in page
    assert get_config() == before


def test_nobody_else_may_change_anything(dashboard, settings):
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": lambda request: False}

    assert dashboard.client.get("/_orm/recording/").status_code == 404
    assert dashboard.client.post("/_orm/recording/", {"sample_rate": "0"}).status_code == 404
    assert get_config().sample_rate == 1


def test_without_the_token_of_the_form_nothing_changes(dashboard):
    assert dashboard.client.post("/_orm/recording/", {"sample_rate": "0"}).status_code == 403
    assert get_config().sample_rate == 1


def test_a_store_that_does_not_answer_changes_nothing(dashboard, monkeypatch):
    silent: TraceStore = insight.store()
    monkeypatch.setattr(silent, "write_board", lambda data: False)

    response = posted(dashboard, sample_rate="0.5")

    assert response.status_code == 503
    assert "nothing was changed" in response.content.decode()
    assert 'value="0.5"' in response.content.decode()
    assert get_config().sample_rate == 1


@pytest.mark.parametrize(
    ("typed", "shown"), [("1", "1"), ("0.00001", "0.00001"), ("1e-5", "0.00001"), (".25", "0.25")]
)
def test_small_rates_are_shown_and_read_as_written(dashboard, typed, shown):
    assert posted(dashboard, sample_rate=typed).status_code == 303
    assert get_config().sample_rate == float(typed)
    page = dashboard.text("recording/")
    [field] = [each for each in elements(page, "input") if each.get("name") == "sample_rate"]

    assert field.get("value") == shown
    assert f"currently: {shown}," in page
    assert posted(dashboard, sample_rate=field.get("value")).status_code == 303
    assert get_config().sample_rate == float(typed)


def test_long_time_is_told_as_it_was_written(dashboard, settings):
    settings.ORM_INSIGHT = {"ONLY_SLOW_MS": 1234567.5}

    assert "Only traces of 1234567.5 ms or more" in dashboard.text()
