"""System checks of Redis and of the file that keeps traces."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings

from orm_insight import checks
from orm_insight.stores.file import MAGIC
from tests.checking import DOCS, checked

URL = "redis://127.0.0.1:1/0"


def test_noop_file_in_a_folder_that_is_there(tmp_path):
    with override_settings(ORM_INSIGHT={"KEEP_TRACES_IN": tmp_path / "traces"}):
        assert checked() == []


@pytest.mark.parametrize("content", [b"", MAGIC + b"whatever follows"])
def test_noop_file_that_may_be_replaced(tmp_path, content):
    (tmp_path / "traces").write_bytes(content)

    with override_settings(ORM_INSIGHT={"KEEP_TRACES_IN": tmp_path / "traces"}):
        assert list(checks.check_file()) == []


def test_redis_without_its_client(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    with override_settings(ORM_INSIGHT={"REDIS_URL": URL}):
        [(id, _, hint)] = checked()

    assert id == "orm_insight.W010"
    assert "orm-insight[redis]" in hint


def test_file_beside_redis(tmp_path):
    with override_settings(ORM_INSIGHT={"REDIS_URL": URL, "KEEP_TRACES_IN": tmp_path / "traces"}):
        [(id, text, _)] = checked()

    assert id == "orm_insight.W012"
    assert "REDIS_URL" in text


def no_folder(folder: Path) -> Path:
    return folder / "nowhere" / "traces"


def folder_in_its_place(folder: Path) -> Path:
    (folder / "traces").mkdir()
    return folder / "traces"


def something_else(folder: Path) -> Path:
    (folder / "db.sqlite3").write_bytes(b"SQLite format 3\0")
    return folder / "db.sqlite3"


def link(folder: Path) -> Path:
    (folder / "traces").symlink_to(something_else(folder))
    return folder / "traces"


@pytest.mark.parametrize("make", [no_folder, folder_in_its_place, something_else, link])
def test_file_that_cannot_be_written(tmp_path, make):
    path = make(tmp_path)
    with override_settings(ORM_INSIGHT={"KEEP_TRACES_IN": path}):
        [message] = list(checks.check_file())

    assert message.id == "orm_insight.W013"
    assert str(path.parent) in message.msg


@pytest.mark.parametrize("id", [f"orm_insight.W01{n}" for n in (0, 2, 3)])
def test_every_check_is_documented(id):
    assert f"| `{id}` |" in DOCS
