"""Traces survive the reload of the development server, and nothing else that they should not."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV, BaseReloader, file_changed

from orm_insight import faults, insight
from orm_insight.stores import private_files, reloads
from orm_insight.stores.memory import MemoryStore
from tests.builders import make_query, make_trace
from tests.reloading import Shop, views
from tests.stores.listing import ids_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.process
def test_before_and_after_a_change_can_be_compared(shop):
    with shop.reloading():
        shop.page_with(5)
        [first] = shop.traces()
        shop.pin(first["id"])
        shop.change("shop_views.py", views(times=2))
        shop.page_with(2)
        new, *_, old = shop.traces()

        assert (old["id"], old["pinned"], old["queries"]) == (first["id"], True, 5)
        assert (new["pinned"], new["queries"]) == (False, 2)
        assert new["pid"] != old["pid"]
        asked = {"before": old["id"], "after": new["id"]}
        compared = shop.client.get("/_orm/compare/", params=asked)
        assert compared.status_code == 200
        assert "3 fewer queries (5 → 2)" in compared.text
        assert shop.left() == []
    assert shop.left() == []
    assert (shop.temporary / f"orm_insight-{os.geteuid()}").stat().st_mode & 0o777 == 0o700


@pytest.mark.process
def test_change_that_breaks_the_code_and_its_repair(shop):
    with shop.reloading():
        shop.page_with(5)
        [first] = shop.traces()
        shop.change("shop_views.py", "def broken(:\n")
        shop.until(lambda: "SyntaxError" in shop.log.read_text())
        shop.change("shop_views.py", views(times=3))
        shop.page_with(3)

        assert shop.traces()[-1]["id"] == first["id"]
    assert shop.left() == []


@pytest.mark.process
def test_settings_that_break_leave_nothing(shop):
    with shop.reloading() as process:
        shop.page_with(5)
        shop.change("shop_settings.py", "1 / 0\n")
        shop.until(lambda: "ZeroDivisionError" in shop.log.read_text())
        # The reloader ends with its child, if it has not done so yet.
        shop.interrupt(process)

    assert shop.left() == []


@pytest.mark.process
def test_server_that_is_ended_without_a_change_leaves_nothing(shop):
    with shop.reloading() as process:
        shop.page_with(5)
        os.kill(process.pid, signal.SIGTERM)
        process.wait(60)

    assert shop.left() == []


@pytest.mark.process
def test_noop_server_that_does_not_reload(shop):
    with shop.running("-m", "django", "runserver", "{port}", "--noreload"):
        shop.page_with(5)
    with shop.running("-m", "django", "runserver", "{port}", "--noreload"):
        shop.page_with(5)
        assert len(shop.traces()) == 1

    assert list(shop.temporary.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_server_that_restarts_with_a_file(shop, number):
    file = shop.folder / "kept.traces"
    with shop.running("shop_server.py", "{port}", SHOP_TRACES=str(file)) as process:
        shop.page_with(5)
        [first] = shop.traces()
        shop.pin(first["id"])
        if number == signal.SIGKILL:
            shop.until(lambda: b'"pinned": ["' in (file.read_bytes() if file.exists() else b""))
        os.kill(process.pid, number)
        process.wait(60)
    shop.write("shop_views.py", views(times=1))
    with shop.running("shop_server.py", "{port}", SHOP_TRACES=str(file)):
        shop.page_with(1)
        new, old = shop.traces()

    assert (new["queries"], old["id"], old["pinned"]) == (1, first["id"], True)
    assert list(shop.temporary.iterdir()) == []


# -- in this process ------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """As the child of a reloader."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(DJANGO_AUTORELOAD_ENV, "true")
    yield tmp_path
    reloads.forget()
    file_changed.disconnect(dispatch_uid="orm_insight_reloads")


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def filled(*ids: str) -> MemoryStore:
    store = MemoryStore()
    reloads.take_over(store)
    for id in ids:
        store.save(make_trace(make_query(), id=id))
    return store


def change() -> None:
    file_changed.send(sender=BaseReloader, file_path=Path("views.py"))


def test_next_process_takes_everything_and_the_file_away(temporary):
    before = filled("a", "b")
    before.pin("a", is_pinned=True)
    change()
    reloads.hand_on()
    [file] = left(temporary)
    assert file.stat().st_mode & 0o777 == 0o600

    after = filled()

    assert after.listed() == before.listed()
    assert left(temporary) == []


def test_noop_end_without_a_change(temporary):
    filled("a")
    reloads.hand_on()

    assert left(temporary) == []


def test_change_that_a_receiver_deals_with_is_no_reload(temporary, monkeypatch):
    """Templates: nothing reloads, and an end long after has another reason."""
    filled("a")
    change()
    assert not any(answer for receiver, answer in file_changed.send(BaseReloader, file_path=Path()))
    monkeypatch.setattr(reloads, "_MOMENT_S", 0.0)
    reloads.hand_on()

    assert left(temporary) == []


def test_two_projects_and_two_servers_of_one_do_not_mix(temporary, monkeypatch, settings):
    filled("a")
    change()
    reloads.hand_on()
    settings.BASE_DIR = temporary / "other"
    assert ids_of(filled()) == []
    del settings.BASE_DIR
    monkeypatch.setattr("sys.argv", ["manage.py", "runserver", "8001"])
    assert ids_of(filled()) == []
    monkeypatch.undo()
    assert len(left(temporary)) == 1


@pytest.mark.parametrize("content", [b"nonsense", b"orm_insight traces\n\x09", b"\x80\x04."])
def test_bad_file_is_told_and_taken_away(temporary, content):
    path = reloads._path(os.getppid())
    path.write_bytes(content)

    assert ids_of(filled("a")) == ["a"]
    assert left(temporary) == []
    assert len(faults.counts()) == 1
    faults.clear()


def test_link_is_removed_and_what_it_leads_to_stays(temporary):
    target = temporary / "target"
    target.write_bytes(b"precious")
    reloads._path(os.getppid()).symlink_to(target)

    filled()

    assert left(temporary) == [target]
    assert target.read_bytes() == b"precious"
    assert len(faults.counts()) == 1
    faults.clear()


def test_folder_that_others_can_enter_is_not_used(temporary):
    private_files.private_folder(reloads.FOLDER).chmod(0o755)
    filled("a")
    change()
    reloads.hand_on()

    assert left(temporary) == []
    assert len(faults.counts()) == 2
    faults.clear()


def test_what_a_server_left_that_was_killed_is_removed(temporary):
    old = private_files.private_folder(reloads.FOLDER) / f"0123456789abcdef-{2**40}.traces"
    half = old.with_name(f".{old.name}.x1.tmp")
    for path in (old, half):
        path.touch()
        os.utime(path, (1, 1))

    filled()

    assert left(temporary) == []


def test_reloader_that_ends_removes_what_no_child_took(temporary):
    path = reloads._path(os.getpid())
    path.touch()
    other = path.with_name(path.name.replace(str(os.getpid()), "1"))
    other.touch()

    reloads.hand_on()

    assert left(temporary) == [other]


def test_large_ring_is_written_whole(temporary):
    store = filled()
    queries = [make_query(f"SELECT {number}", params=(number,)) for number in range(50)]
    for number in range(200):
        store.save(make_trace(*queries, id=str(number)))
    change()
    reloads.hand_on()

    assert len(ids_of(filled())) == 200


def test_store_that_is_forgotten_is_not_handed_on(temporary):
    insight.reset()
    insight.store().save(make_trace(id="a"))
    insight.reset()
    change()
    reloads.hand_on()

    assert left(temporary) == []


def test_store_of_a_reloaded_process_has_the_traces_of_before(temporary):
    insight.reset()
    insight.store().save(make_trace(id="a"))
    change()
    reloads.hand_on()
    insight.reset()

    assert ids_of(insight.store()) == ["a"]


@pytest.mark.parametrize(
    ("variable", "arguments", "expected"),
    [
        ("RUN_MAIN", ["manage.py", "runserver"], True),
        ("WERKZEUG_RUN_MAIN", ["manage.py", "runserver_plus"], True),
        ("WERKZEUG_RUN_MAIN", ["manage.py", "migrate"], False),
        ("OTHER", ["manage.py", "runserver"], False),
    ],
)
def test_children_of_reloaders(monkeypatch, variable, arguments, expected):
    monkeypatch.delenv(DJANGO_AUTORELOAD_ENV, raising=False)
    monkeypatch.setenv(variable, "true")
    monkeypatch.setattr("sys.argv", arguments)

    assert reloads.is_reloaded() is expected


def test_werkzeug_does_not_say_why_it_ends(temporary, monkeypatch):
    monkeypatch.delenv(DJANGO_AUTORELOAD_ENV)
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    filled("a")
    reloads.hand_on()

    assert ids_of(filled()) == ["a"]
