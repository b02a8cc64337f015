"""The page "Recording": limits are changed while the project runs, by the rules of the settings."""

from __future__ import annotations

import pytest

from orm_insight import insight, steering
from orm_insight.conf import get_config
from orm_insight.stores.base import TraceStore
from tests.dashboard.pages import elements


def posted(dashboard, **values):
    return dashboard.post("recording/", **values)


def test_the_page_says_what_holds(dashboard, settings):
    settings.ORM_INSIGHT = {"SAMPLE_RATE": 0.25, "IGNORE_PATHS": ["^/health/"]}

    page = dashboard.text("recording/")

    assert "now 0.25" in page
    assert "now ^/health/" in page
    assert "this process alone" in page
    assert "Back to the settings" not in page


def test_what_is_changed_holds_at_once_and_can_be_taken_back(dashboard, client):
    assert posted(dashboard, sample_rate="0", only_slow_ms="2.5").status_code == 303
    client.get("/quiet/")

    assert (get_config().sample_rate, get_config().only_slow_ms) == (0, 2.5)
    assert insight.recent() == ()
    page = dashboard.text("recording/")
    assert "now 0, <strong>changed</strong>; the settings say 1" in page
    assert "Only 0 % of the requests are recorded" in dashboard.text()

    posted(dashboard, settings="1", sample_rate="0")
    assert (get_config().sample_rate, get_config().only_slow_ms) == (1, None)
    assert "changed</strong>" not in dashboard.text("recording/")


def test_an_empty_field_is_the_setting_and_none_is_none(dashboard, settings):
    settings.ORM_INSIGHT = {"ONLY_SLOW_MS": 100, "MAX_QUERIES": 50}

    posted(dashboard, only_slow_ms="none", max_queries="")

    assert (get_config().only_slow_ms, get_config().max_queries) == (None, 50)


def test_every_limit_can_be_changed(dashboard):
    posted(
        dashboard,
        on_demand="yes",
        sample_rate="0.5",
        only_slow_ms="10",
        only_with_hints="yes",
        ignore_paths="^/a/\r\n\r\n ^/b/ ",
        max_detailed_queries="7",
        max_queries="8",
    )

    config = get_config()
    assert [getattr(config, name) for name in steering.CHANGEABLE] == [
        True,
        0.5,
        10,
        True,
        ("^/a/", "^/b/"),
        7,
        8,
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("sample_rate", "2", "SAMPLE_RATE must be from 0 to 1, not 2."),
        ("sample_rate", "nan", "SAMPLE_RATE must be from 0 to 1, not nan."),
        ("sample_rate", "often", "SAMPLE_RATE must be a number, not &#39;often&#39;."),
        ("max_queries", "0", "MAX_QUERIES must be at least 1, not 0."),
        ("max_queries", "1.5", "MAX_QUERIES must be a whole number, not 1.5."),
        ("max_queries", "-3", "MAX_QUERIES must be at least 1, not -3."),
        ("max_queries", "inf", "MAX_QUERIES must be a whole number, not inf."),
        ("max_queries", "9" * 5000, "MAX_QUERIES must be a whole number, not inf."),
        ("only_slow_ms", "-3", "ONLY_SLOW_MS must be above 0"),
        ("ignore_paths", "(", "IGNORE_PATHS holds an impossible regular expression"),
        ("on_demand", "perhaps", "ON_DEMAND must be True or False"),
    ],
)
def test_a_wrong_value_changes_nothing_and_the_form_stays(dashboard, name, text, message):
    before = get_config()
    fields = {"max_detailed_queries": "77", name: text}

    response = posted(dashboard, **fields)

    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert 'value="77"' in page
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
    assert get_config().sample_rate == 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1000000", 1_000_000), ("1234567", 1_234_567), ("1e6", 1_000_000), ("9" * 20, 10**20 - 1)],
)
def test_large_numbers_are_shown_and_read_as_written(dashboard, typed, number):
    assert posted(dashboard, max_queries=typed).status_code == 303
    assert get_config().max_queries == number
    page = dashboard.text("recording/")
    [field] = [each for each in elements(page, "input") if each.get("name") == "max_queries"]

    assert field.get("value") == str(number)
    assert f"now {number}," in page
    assert posted(dashboard, max_queries=field.get("value")).status_code == 303


def test_long_time_is_told_as_it_was_written(dashboard):
    posted(dashboard, only_slow_ms="1234567.5")

    assert "lasts 1234567.5 ms or more" in dashboard.text()
