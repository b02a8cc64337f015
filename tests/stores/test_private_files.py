"""Files of one user: what is read, what is replaced, what is swept away, and what never."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from orm_insight.stores import private_files
from orm_insight.stores.private_files import UnsafeFileError
from tests.packages import is_root

MAGIC = b"ours\n"
LONG_AGO = 1_000_000_000
needs_root = pytest.mark.skipif(not is_root(), reason="only root gives files away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def read(path: Path) -> bytes:
    return private_files.read(path, most_bytes=100)


def write(path: Path, *pieces: bytes) -> None:
    private_files.write(path, pieces, magic=MAGIC)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_written_is_read_and_replaced(path):
    assert read(path) == b""

    write(path, MAGIC, b"one")
    write(path, MAGIC, b"two")

    assert read(path) == b"ours\ntwo"
    assert [each.name for each in path.parent.iterdir()] == ["kept"]


def test_only_its_user_may_read_it_whatever_the_umask(path):
    before = os.umask(0)
    try:
        write(path, MAGIC)
    finally:
        os.umask(before)

    assert mode_of(path) == 0o600


def test_writing_that_fails_leaves_the_file_of_before(path):
    def pieces():
        yield MAGIC
        raise MemoryError

    write(path, MAGIC, b"before")
    with pytest.raises(MemoryError):
        private_files.write(path, pieces(), magic=MAGIC)

    assert read(path) == b"ours\nbefore"
    assert [each.name for each in path.parent.iterdir()] == ["kept"]


def test_half_of_a_file_is_never_seen(path):
    seen = []

    def pieces():
        yield MAGIC
        seen.append(read(path))
        yield b"after"

    write(path, MAGIC, b"before")
    private_files.write(path, pieces(), magic=MAGIC)

    assert seen == [b"ours\nbefore"]


@pytest.mark.parametrize("content", [b"SECRET_KEY = 1", b"our", b"x"])
def test_something_else_is_not_replaced(path, content):
    path.write_bytes(content)

    with pytest.raises(UnsafeFileError, match="something else"):
        write(path, MAGIC)

    assert path.read_bytes() == content


def test_empty_file_is_replaced(path):
    path.touch()

    write(path, MAGIC)

    assert read(path) == MAGIC


def test_links_are_neither_read_nor_written_through(path, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(MAGIC)
    path.symlink_to(target)

    with pytest.raises(UnsafeFileError, match="symbolic link"):
        read(path)
    with pytest.raises(UnsafeFileError, match="not a regular file"):
        write(path, MAGIC, b"new")

    assert target.read_bytes() == MAGIC
    assert path.is_symlink()


def test_pipe_is_not_waited_for(path):
    os.mkfifo(path)

    with pytest.raises(UnsafeFileError, match="not a regular file"):
        read(path)
    with pytest.raises(UnsafeFileError, match="not a regular file"):
        write(path, MAGIC)


def test_file_above_the_limit_is_not_read(path):
    path.write_bytes(b"x" * 101)

    with pytest.raises(UnsafeFileError, match="larger than 100"):
        read(path)


@needs_root
def test_file_of_somebody_else_is_not_read(path):
    path.write_bytes(MAGIC)
    os.chown(path, 12_345, 12_345)

    with pytest.raises(UnsafeFileError, match="another user"):
        read(path)


# -- the folder -----------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folder_is_closed_to_others_and_used_again(temporary):
    folder = private_files.private_folder("mine")

    assert (folder.parent, mode_of(folder)) == (temporary, 0o700)
    assert private_files.private_folder("mine") == folder


def test_open_folder_is_refused(temporary):
    private_files.private_folder("mine").chmod(0o777)

    with pytest.raises(UnsafeFileError, match="accessible to other users"):
        private_files.private_folder("mine")


def test_link_in_the_place_of_the_folder_is_refused(temporary):
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    private_files.private_name("mine").symlink_to(elsewhere)

    with pytest.raises(UnsafeFileError, match="not a folder"):
        private_files.private_folder("mine")


@needs_root
def test_folder_of_somebody_else_is_refused(temporary):
    os.chown(private_files.private_folder("mine"), 12_345, 12_345)

    with pytest.raises(UnsafeFileError, match="another user"):
        private_files.private_folder("mine")


def old(path: Path) -> Path:
    path.touch()
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.process
def test_sweeping_removes_what_nobody_waits_for(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old(tmp_path / f"{ended.pid}.traces")
    old(tmp_path / f"{os.getpid()}.traces")
    old(tmp_path / "notes.txt")
    (tmp_path / "99999999999999999999.traces").touch()
    old(tmp_path / "88888888888888888888.traces")

    private_files.sweep(tmp_path, r"(?P<process>\d+)\.traces")

    assert names(tmp_path) == {
        f"{os.getpid()}.traces",
        "notes.txt",
        "99999999999999999999.traces",
    }


def test_sweeping_removes_a_link_and_not_what_it_leads_to(tmp_path):
    target = old(tmp_path / "target")
    (tmp_path / ".kept.x1.tmp").symlink_to(target)
    os.utime(tmp_path / ".kept.x1.tmp", (LONG_AGO, LONG_AGO), follow_symlinks=False)

    private_files.sweep(tmp_path, private_files.temporary_names("kept"))

    assert names(tmp_path) == {"target"}


def test_name_of_a_temporary_file_fits_its_pattern(path):
    def pieces():
        yield MAGIC
        [temporary] = path.parent.iterdir()
        old(temporary)
        private_files.sweep(path.parent, private_files.temporary_names(path.name))

    with pytest.raises(FileNotFoundError):
        private_files.write(path, pieces(), magic=MAGIC)

    assert names(path.parent) == set()
