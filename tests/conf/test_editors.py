"""Addresses that open an editor: what is refused first, then what they look like."""

from __future__ import annotations

import pytest

from orm_insight.conf.editors import NAMES, Editor, editor, editor_paths
from orm_insight.conf.rules import BadValueError, WrongTypeError


@pytest.mark.parametrize("value", [1, ["vscode"], {}, True])
def test_value_of_another_type_is_refused(value):
    with pytest.raises(WrongTypeError):
        editor(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is not a known editor"),
        ("vi", "is not a known editor"),
        ("/usr/bin/{file}", "is not a known editor"),
        ("{file}:x", "is not a known editor"),
        ("javascript:alert('{file}')", "must not begin with javascript:"),
        ("JavaScript:alert('{file}')", "must not begin with JavaScript:"),
        ("data:text/html,{file}", "must not begin with data:"),
        ("vbscript:{file}", "must not begin with vbscript:"),
        (" javascript:{file}", "is not a known editor"),
        ("java\tscript:{file}", "is not a known editor"),
        ("edit://{file} {line}", "spaces"),
        ("edit://{file}\x00", "spaces or control characters"),
        ("edit://open", "must contain {file}"),
        ("edit://{file}{user}", "fields other than"),
        ("edit://{file.__class__}", "fields other than"),
        ("edit://{file!r}", "fields other than"),
        ("edit://{file:>9}", "fields other than"),
        ("edit://{}", "fields other than"),
        ("edit://{file", "is not a template"),
    ],
)
def test_what_is_no_address_of_an_editor_is_refused(value, reason):
    with pytest.raises(BadValueError, match=reason):
        editor(value)


def test_nearest_name_is_told():
    with pytest.raises(BadValueError) as caught:
        editor("VSCode")

    assert caught.value.nearest == "vscode"


@pytest.mark.parametrize("value", [[], {"/app": 1}, {1: "/app"}])
def test_paths_of_another_type_are_refused(value):
    with pytest.raises(WrongTypeError):
        editor_paths(value)


@pytest.mark.parametrize("value", [{"app": "/home"}, {"/app": ""}, {"/app": "home/me"}])
def test_paths_must_be_whole(value):
    with pytest.raises(BadValueError):
        editor_paths(value)


def url(value: str, file: str, line: int = 12, column: int = 5, **paths: str) -> str | None:
    found = Editor.of(editor(value), editor_paths(paths))
    assert found is not None
    return found.url(file, line, column)


def test_without_the_setting_there_is_no_editor():
    assert Editor.of(editor(None), {}) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_name_makes_an_address(name):
    found = url(name, "/home/me/shop/blog/views.py")

    assert "/home/me/shop/blog/views.py" in found
    assert "12" in found
    assert "{" not in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vscode", "vscode://file/srv/a%20%23b/%C3%A4%3Fx%25.py:12:5"),
        ("zed", "zed://file/srv/a%20%23b/%C3%A4%3Fx%25.py:12:5"),
        ("pycharm", "pycharm://open?file=/srv/a%20%23b/%C3%A4%3Fx%25.py&line=12&column=5"),
        ("edit://go?f={file}&l={line}", "edit://go?f=/srv/a%20%23b/%C3%A4%3Fx%25.py&l=12"),
    ],
)
def test_path_is_encoded(name, expected):
    assert url(name, "/srv/a #b/ä?x%.py") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vscode", "vscode://file/C:/shop/a%3Ab.py:12:5"),
        ("pycharm", "pycharm://open?file=C:/shop/a%3Ab.py&line=12&column=5"),
        ("vscode://file/{file}:{line}", "vscode://file/C:/shop/a%3Ab.py:12"),
    ],
)
def test_drive_of_windows(name, expected):
    assert url(name, "C:\\shop\\a:b.py") == expected


def test_server_of_windows():
    found = url("vscode", "/app/views.py", **{"/app": "\\\\wsl$\\Ubuntu\\shop"})

    assert found == "vscode://file//wsl%24/Ubuntu/shop/views.py:12:5"


MAPPED = {"/app": "/home/me/shop", "/app/lib": "D:\\lib\\", "/": "/else"}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/app/views.py", "/home/me/shop/views.py"),
        ("/app/lib/a.py", "/D:/lib/a.py"),
        ("/apple/a.py", "/else/apple/a.py"),
    ],
)
def test_longest_folder_wins(file, expected):
    assert url("vscode", file, **MAPPED) == f"vscode://file{expected}:12:5"


def test_with_folders_given_other_files_are_not_there():
    assert url("vscode", "/usr/lib/a.py", **{"/app": "/home"}) is None


@pytest.mark.parametrize("file", ["<string>", "views.py", ""])
def test_what_is_no_whole_path_has_no_address(file):
    assert url("vscode", file) is None
