"""Tells the application's files from all others."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import django
import jinja2
import psycopg
import pytest

import orm_insight
from orm_insight.capture.application import ApplicationFiles


def test_own_project() -> None:
    assert __file__ in ApplicationFiles()
    assert "/srv/shop/orders/views.py" in ApplicationFiles()


@pytest.mark.parametrize(
    "module", [django, jinja2, psycopg, json, orm_insight], ids=lambda module: module.__name__
)
def test_libraries_and_ourselves(module: object) -> None:
    assert module.__file__ not in ApplicationFiles()


@pytest.mark.parametrize(
    "file",
    [
        "/usr/lib/python3/dist-packages/shop/views.py",
        "/home/ann/venv/lib/python3.13/site-packages/shop/views.py",
        "C:\\venv\\Lib\\site-packages\\shop\\views.py",
        "<frozen importlib._bootstrap>",
    ],
)
def test_installed_and_made_up_files(file: str) -> None:
    assert file not in ApplicationFiles()


def test_shell_input_is_the_users() -> None:
    assert "<console>" in ApplicationFiles()
    assert "<string>" in ApplicationFiles(), "manage.py shell -c"


def test_installed_package_that_counts() -> None:
    folder = Path(sysconfig.get_path("purelib"))
    files = ApplicationFiles(["html5lib"])
    assert str(folder / "html5lib" / "serializer.py") in files
    assert str(folder / "html5lib_other" / "views.py") not in files
    assert str(folder / "httpx" / "_api.py") not in files


def test_package_that_is_not_installed() -> None:
    assert __file__ in ApplicationFiles(["no_such_package", "no_such.package"])
