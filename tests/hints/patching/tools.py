"""Runs a module, patches it as its hint says, applies the diff with git and runs it again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from orm_insight.capture import application
from orm_insight.hints.patching.chains import Clues
from orm_insight.hints.patching.patch import Patch, patched, unified_diff
from orm_insight.model.hint import Hint
from orm_insight.reports.report import Report
from tests.hints.tools import report_of

HEADER = "from tests.testapp.models import Book, Chapter, Genre, Person, Publisher, Review\n"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git applies the diff")


@dataclass
class OneDatabase:
    """A router that sends everything to one database."""

    alias: str

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self.alias

    db_for_write = db_for_read


def load(path: Path) -> ModuleType:
    """The module as it is in the file now; nothing is kept of what it was before."""
    module = ModuleType("patched_by_tests")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where inspect looks for the file of a class
    application._met_at.pop(str(path), None)  # no server runs on that has loaded it before
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    return module


def run(path: Path) -> tuple[Report, Any]:
    """The report of ``run()`` of the module, and its result."""
    results: list[Any] = []
    module = load(path)
    return report_of(lambda: results.append(module.run())), results


def write(folder: Path, code: str, header: str = HEADER) -> Path:
    path = folder / "module.py"
    path.write_bytes((header + dedent(code)).encode())
    return path


def only_hint(report: Report, code: str) -> Hint:
    found = [hint for hint in report.hints if hint.code == code]
    assert len(found) == 1, [(hint.code, hint.title, hint.fix) for hint in report.hints]
    return found[0]


def patch_of(report: Report, hint: Hint, path: Path) -> Patch | None:
    """The file with the fix in it."""
    text = path.read_bytes().decode()
    return patched(hint.change, text, Clues.of(hint, report.queries, report.schema))


def check_no_patch(folder: Path, code: str, hint_code: str, header: str = HEADER) -> None:
    """There is a hint with a fix, and no patch."""
    path = write(folder, code, header)
    report, _ = run(path)
    hint = only_hint(report, hint_code)
    assert hint.fix
    assert patch_of(report, hint, path) is None


def check_patch(
    folder: Path,
    code: str,
    hint_code: str,
    changes: str,
    *,
    header: str = HEADER,
    is_whole: bool = True,
) -> None:
    """The patch changes these lines, the hint's queries are gone, and the result is the same.

    ``changes`` are the lines of the diff that begin with a minus or a plus. Where the patch is not
    whole, the lines that ask have to be changed by hand, and the patched module only has to run.
    """
    path = write(folder, code, header)
    report, before = run(path)
    hint = only_hint(report, hint_code)
    patch = patch_of(report, hint, path)
    assert patch is not None, hint.fix
    after = patch.text
    diff = unified_diff(path.read_bytes().decode(), after, path.name)
    apply(folder, diff)
    assert path.read_bytes().decode() == after
    assert changed_lines(diff) == dedent(changes).strip("\n").splitlines(), diff
    assert patch.is_whole is is_whole
    report_after, result = run(path)
    if not is_whole:
        return
    assert len(report.queries) - len(report_after.queries) == hint.saving.queries
    assert result == before


def apply(folder: Path, diff: str) -> None:
    """As a person would: outside of any repository, with git."""
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        input=diff.encode(),
        cwd=folder,
        check=True,
        env={"GIT_CEILING_DIRECTORIES": str(folder.parent), "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )


def changed_lines(diff: str) -> list[str]:
    lines = diff.splitlines()[2:]
    return [line.rstrip("\r") for line in lines if line.startswith(("+", "-"))]


def follow(path: Path, hint: Hint) -> None:
    """Do what the hint says."""
    text = path.read_text()
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    edits = []
    if hint.instead:
        start = starts[hint.site.line - 1]
        assert text[start:].count(hint.replaces) == 1
        start = text.index(hint.replaces, start)
        edits.append((start, start + len(hint.replaces), hint.instead))
    if hint.fix:
        end = starts[hint.origin.end_line - 1] + hint.origin.end_column
        edits.append((end, end, f".{hint.fix}"))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    path.write_text("\n".join([*hint.imports, text]))
