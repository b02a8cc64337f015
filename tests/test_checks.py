"""The system checks: silent on a good project, precise on a bad one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from django.utils.module_loading import import_string

from orm_insight import checks
from orm_insight import checks as store_checks
from orm_insight.apps import TAG
from orm_insight.capture import provenance
from orm_insight.conf import REMOVED_SETTINGS
from orm_insight.middleware import OrmInsightMiddleware
from tests.checking import DOCS, checked

OTHER_MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
OTHER_PANELS = ["debug_toolbar.panels.timer.TimerPanel"]

NO_MIDDLEWARE = override_settings(MIDDLEWARE=OTHER_MIDDLEWARE)
NO_PANEL = override_settings(DEBUG_TOOLBAR_PANELS=OTHER_PANELS)
NO_DASHBOARD = override_settings(ROOT_URLCONF="tests.testapp.urls")


class OwnMiddleware(OrmInsightMiddleware):
    """As a project may write it."""


def ids() -> list[str]:
    return [id for id, _, _ in checked()]


def test_noop_project_of_the_tests():
    assert checked() == []


def test_noop_middleware_without_panel():
    with NO_PANEL:
        assert checked() == []


def test_noop_panel_without_middleware_and_dashboard():
    with NO_MIDDLEWARE, NO_DASHBOARD:
        assert checked() == []


def test_noop_subclass_of_the_middleware():
    path = f"{__name__}.OwnMiddleware"
    with NO_PANEL, override_settings(MIDDLEWARE=[*OTHER_MIDDLEWARE, path]):
        assert checked() == []


def test_noop_switched_off():
    with NO_PANEL, NO_MIDDLEWARE, override_settings(ORM_INSIGHT={"ENABLED": False}):
        assert checked() == []


@pytest.mark.parametrize("key", sorted(REMOVED_SETTINGS))
def test_removed_key_says_how_to_go_on_without_it(key):
    with override_settings(ORM_INSIGHT={key: 6, "MAX_TRACES": 5}):
        assert checked() == [
            (
                "orm_insight.W014",
                f"ORM_INSIGHT['{key}'] was removed and has no effect.",
                REMOVED_SETTINGS[key],
            )
        ]


def test_key_close_to_a_removed_one_is_unknown():
    with override_settings(ORM_INSIGHT={"EXPLAIN_SLOWLY": True}):
        assert ids() == ["orm_insight.E002"]


def test_unknown_key_names_the_nearest():
    with override_settings(ORM_INSIGHT={"MAX_TRACE": 5}):
        assert checked() == [
            (
                "orm_insight.E002",
                "ORM_INSIGHT['MAX_TRACE'] is not a setting.",
                "Did you mean MAX_TRACES?",
            )
        ]


def test_unknown_key_like_no_other_lists_them_all():
    with override_settings(ORM_INSIGHT={"QQQQ": 5}):
        [(id, _, hint)] = checked()

    assert id == "orm_insight.E002"
    assert "EXPLAIN_TIMEOUT_MS" in hint


@pytest.mark.parametrize(
    ("raw", "id", "text"),
    [
        ([], "orm_insight.E001", "ORM_INSIGHT must be a dictionary, not []."),
        (
            {"MAX_TRACES": "5"},
            "orm_insight.E003",
            "ORM_INSIGHT['MAX_TRACES'] must be a whole number, not '5'.",
        ),
        (
            {"MAX_TRACES": 0},
            "orm_insight.E004",
            "ORM_INSIGHT['MAX_TRACES'] must be at least 1, not 0.",
        ),
        (
            {"IGNORE_PATHS": ["("]},
            "orm_insight.E005",
            "ORM_INSIGHT['IGNORE_PATHS'] contains an invalid regular expression, '(': "
            "missing ), unterminated subpattern at position 0.",
        ),
    ],
)
def test_value_that_cannot_be_used(raw, id, text):
    with override_settings(ORM_INSIGHT=raw):
        assert checked() == [(id, text, "Until then, the default is used.")]


def test_callback_that_cannot_be_imported():
    with override_settings(ORM_INSIGHT={"SHOW_CALLBACK": "no.such.module"}):
        [(id, text, hint)] = checked()

    assert id == "orm_insight.E006"
    assert "cannot be imported from 'no.such.module'" in text
    assert hint == "Until then, nobody has access."


def test_every_problem_is_reported():
    raw = {"ENABLED": 1, "MAX_BYTES": -1, "MAX_BITES": 1}
    with override_settings(ORM_INSIGHT=raw):
        assert ids() == ["orm_insight.E003", "orm_insight.E004", "orm_insight.E002"]


def test_nothing_records():
    with NO_MIDDLEWARE, NO_PANEL:
        [(id, _, hint)] = checked()

    assert id == "orm_insight.W001"
    assert checks.MIDDLEWARE in hint


def test_panel_without_the_toolbar_is_no_panel():
    installed = ["django.contrib.contenttypes", "orm_insight"]
    with NO_MIDDLEWARE, override_settings(INSTALLED_APPS=installed):
        assert ids() == ["orm_insight.W001"]


def test_nothing_shows():
    with NO_PANEL, NO_DASHBOARD:
        assert ids() == ["orm_insight.W002"]


def test_middleware_that_cannot_be_imported_is_left_to_django():
    with NO_PANEL, override_settings(MIDDLEWARE=["no.such.Middleware"]):
        assert ids() == ["orm_insight.W001"]


def test_hook_that_does_not_fit_the_running_django(monkeypatch):
    monkeypatch.setattr(provenance, "_missing", ["ModelIterable.__iter__"])

    [(id, text, _)] = checked()

    assert id == "orm_insight.W003"
    assert "ModelIterable.__iter__" in text


@pytest.mark.parametrize("path", [checks.MIDDLEWARE, checks.PANEL])
def test_name_that_a_hint_gives_can_be_imported(path):
    assert import_string(path).__name__ == path.rpartition(".")[2]


SOURCES = [Path(module.__file__).read_text(encoding="utf-8") for module in (checks, store_checks)]


@pytest.mark.parametrize("id", sorted(set(re.findall(r"orm_insight\.[EW]\d{3}", "".join(SOURCES)))))
def test_every_check_is_documented(id):
    assert f"| `{id}` |" in DOCS


def test_no_other_check_is_documented():
    documented = re.findall(r"^\| `(orm_insight\.[EW]\d{3})` \|", DOCS, re.MULTILINE)

    assert sorted(documented) == sorted(
        set(re.findall(r"orm_insight\.[EW]\d{3}", "".join(SOURCES)))
    )


def test_dashboard_that_nobody_may_see(settings):
    settings.DEBUG = True
    settings.INTERNAL_IPS = []
    settings.DEBUG_TOOLBAR_CONFIG = {}
    assert [message.id for message in list(checks.check_visitors())] == ["orm_insight.W004"]
    settings.INTERNAL_IPS = ["127.0.0.1"]
    assert list(checks.check_visitors()) == []
    settings.INTERNAL_IPS = []
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": "builtins.bool"}
    assert list(checks.check_visitors()) == []


def commented(folder: Path, settings) -> list[tuple[str, str, str]]:
    """The messages of ``check --deploy`` on an application and templates below ``folder``."""
    settings.INSTALLED_APPS = ["django.contrib.contenttypes", "orm_insight", "commented_app"]
    templates = {**settings.TEMPLATES[0], "DIRS": [folder / "pages"]}
    settings.TEMPLATES = [templates, *settings.TEMPLATES[1:]]
    messages = run_checks(tags=[TAG], include_deployment_checks=True)
    return [(m.id, Path(m.obj).name, m.hint) for m in messages if str(folder) in str(m.obj)]


@pytest.fixture
def commented_app(tmp_path, monkeypatch) -> Path:
    (tmp_path / "commented_app").mkdir()
    (tmp_path / "commented_app" / "__init__.py").touch()
    (tmp_path / "pages").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "commented_app", raising=False)
    return tmp_path


def test_noop_comments(commented_app, settings):
    good = "x = 1  # orm-insight: ignore[ORM101, ORM205] two rows\n'# orm-insight: ignore'"
    (commented_app / "commented_app" / "views.py").write_text(good)
    (commented_app / "pages" / "page.html").write_text("{# orm-insight: ignore[ORM101] #}")

    assert commented(commented_app, settings) == []


def test_comments_that_can_silence_nothing(commented_app, settings):
    (commented_app / "commented_app" / "views.py").write_text(
        "x = 1  # orm-insight: ignore\ny = 1  # orm-insight: ignore[ORM101, ORM299]"
    )
    (commented_app / "pages" / "page.html").write_text("\n{# orm-insight: ignore[101] #}")
    form = "Write orm-insight: ignore[ORM101], with codes of hints."

    found = commented(commented_app, settings)

    assert [(id, place) for id, place, _ in found] == [
        ("orm_insight.W005", "views.py:1"),
        ("orm_insight.W006", "views.py:2"),
        ("orm_insight.W005", "page.html:2"),
    ]
    assert found[0][2] == form
    assert found[1][2].startswith("Did you mean ORM")


def test_comments_are_read_only_for_a_deployment(commented_app, settings):
    (commented_app / "commented_app" / "views.py").write_text("x = 1  # orm-insight: ignore")
    assert commented(commented_app, settings) != []
    assert checked() == []


def test_code_that_is_no_hint():
    with override_settings(ORM_INSIGHT={"IGNORE": {"/admin/*": ["0RM101"]}}):
        assert checked() == [
            (
                "orm_insight.E007",
                "ORM_INSIGHT['IGNORE'] names '0RM101', which is not a hint code.",
                "Until then, the default is used. Did you mean ORM101?",
            )
        ]


def test_one_code_in_place_of_a_list():
    with override_settings(ORM_INSIGHT={"IGNORE": {"*": "ORM101"}}):
        [(id, text, _)] = checked()

    assert id == "orm_insight.E003"
    assert text == (
        "ORM_INSIGHT['IGNORE'] has an entry for '*' that must be a list or tuple of strings, "
        "not 'ORM101'."
    )


def test_limits_that_leave_no_request():
    with override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0, "SAMPLE_RATES": {"^/a/": 0}}):
        assert ids() == ["orm_insight.W011"]


@pytest.mark.parametrize(
    "limits",
    [
        {"SAMPLE_RATE": 0, "SAMPLE_RATES": {"^/a/": 1}},
        {"SAMPLE_RATE": 0.001},
        {"SAMPLE_RATE": 0, "ENABLED": False},
    ],
)
def test_noop_limits_that_leave_some(limits):
    with override_settings(ORM_INSIGHT=limits):
        assert checked() == []
