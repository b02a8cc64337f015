"""Style sheets and scripts, served without the project's help."""

from __future__ import annotations

import re

import pytest

from orm_insight.dashboard import assets


def test_every_file_that_a_page_names_is_there(dashboard, settings):
    settings.STATIC_URL = None
    page = dashboard.text()
    names = re.findall(r'(?:href|src)="/_orm/(assets/[^"]+)"', page)

    assert len(names) > 8
    for name in names:
        response = dashboard.get(name)
        assert response.status_code == 200, name
        assert "immutable" in response.headers["Cache-Control"]


def test_scripts_import_files_that_are_there():
    for name, content in assets.files().items():
        for imported in re.findall(r'from "\./([^"]+)"', content.decode()):
            assert f"js/{imported}" in assets.files(), name


def test_address_of_another_version_is_not_kept(dashboard):
    response = dashboard.get("assets/old/css/base.css")

    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["", "css/", "../apps.py", "..%2Fapps.py", "/etc/passwd", "css/../css/base.css"]
)
def test_nothing_else_is_served(dashboard, name):
    assert dashboard.get(f"assets/x/{name}").status_code == 404


def test_scripts_stay_small():
    scripts = [c for name, c in assets.files().items() if name.endswith(".js")]

    assert sum(map(len, scripts)) < 20_000
