"""The modules that ``django.setup()`` and ``import orm_insight`` import, and the later ones."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import orm_insight
from orm_insight.pipeline import _STATEFUL
from orm_insight.recording.shutdown import _BEFORE_THE_STORE
from tests.bench.startup import IMPORT, LIMIT_MODULES, PROJECTS, SETUP, Start, project, start

pytestmark = pytest.mark.process
PACKAGE = Path(orm_insight.__file__).parent
NOT_AT_SETUP = (
    "MySQLdb",
    "celery",
    "jinja2",
    "opentelemetry",
    "orm_insight.hints.rules",
    "orm_insight.reports.report",
    "orm_insight.dashboard.links",
    "orm_insight.dashboard.views",
    "orm_insight.explain",
    "orm_insight.insight",
    "orm_insight.panel",
    "orm_insight.ui",
    "psycopg",
    "psycopg2",
    "redis",
)
NO_PSYCOPG = """
class NoPsycopg:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("psycopg", "psycopg_binary", "psycopg_c", "psycopg_pool"):
            raise ImportError(f"No module named {name!r}", name=name)

import sys
sys.meta_path.insert(0, NoPsycopg())
"""
EVERYTHING_WITHOUT_PSYCOPG = """
import orm_insight, pkgutil
from importlib import import_module
from django.db import connection

with orm_insight.capture("a block") as trace, connection.cursor() as cursor:
    cursor.execute("SELECT 1")
assert len(trace.report().queries) == 1

for module in pkgutil.walk_packages(orm_insight.__path__, "orm_insight."):
    try:
        import_module(module.name)
    except ImportError as error:
        assert error.name.startswith(("psycopg", "django.db.backends.postgresql")), module.name
modules = sorted(sys.modules)
"""


def has(started: Start, name: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for module in started.modules)


@pytest.mark.parametrize("name", PROJECTS)
def test_set_up_imports_what_watches_and_nothing_else(name: str):
    without, within = project(name, has_app=False), project(name, has_app=True)

    assert len(within.modules - without.modules) <= LIMIT_MODULES
    assert "orm_insight.capture.provenance" in within.modules
    assert [other for other in NOT_AT_SETUP if has(within, other) and not has(without, other)] == []
    of_dashboard = {m for m in within.modules if m.startswith("orm_insight.dashboard.")}
    assert of_dashboard <= {"orm_insight.dashboard.admin_link"}


def test_the_package_alone_imports_neither_django_nor_modules_of_its_own():
    alone = start(IMPORT)

    assert not has(alone, "django")
    assert {m for m in alone.modules if m.startswith("orm_insight.")} == {"orm_insight.capture"}


def test_a_project_without_psycopg_records_and_reports():
    within = start(NO_PSYCOPG + SETUP, "full", "with", then=EVERYTHING_WITHOUT_PSYCOPG)

    assert not has(within, "psycopg")
    assert has(within, "orm_insight.stores")
    assert has(within, "orm_insight.dashboard")


@pytest.mark.parametrize("name", orm_insight.__all__)
def test_public_names_are_there_and_listed(name: str):
    assert name in dir(orm_insight)
    assert getattr(orm_insight, name) is getattr(orm_insight, name)


def test_the_public_capture_is_no_folder():
    code = "import orm_insight.recording.session\nimport orm_insight\nmodules = []; spent = 0, 0\n"

    start(f"import json\n{code}assert orm_insight.capture.__name__ == 'capture'\n")
    assert inspect.isclass(orm_insight.capture)


def test_an_unknown_name_is_an_error_of_python():
    with pytest.raises(AttributeError, match=r"module 'orm_insight' has no attribute 'nothing'"):
        orm_insight.nothing  # noqa: B018


def test_public_names_are_those_that_type_checkers_read():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert typed == orm_insight._MODULES
    assert sorted(typed) == sorted(orm_insight.__all__)


AFTERWARDS = {
    "celery.signals": (
        "from celery.signals import task_prerun\n"
        "assert any(key[0] == 'orm_insight_celery' or 'orm_insight' in str(receiver)"
        " for key, receiver in task_prerun.receivers)\n"
    ),
    "django.core.handlers.asgi": (
        "from django.core.handlers.asgi import ASGIHandler\n"
        "from django.core.handlers.base import BaseHandler\n"
        "for function in (ASGIHandler.handle, BaseHandler.get_response):\n"
        "    assert function.__code__.co_filename.endswith('handlers.py')\n"
        "    assert function.__globals__['__name__'] == 'orm_insight.recording.handlers'\n"
    ),
    "django.tasks": (
        "from django.tasks import Task\n"
        "assert Task.call.__globals__['__name__'] == 'orm_insight.recording.tasks'\n"
    ),
}


@pytest.mark.parametrize("name", AFTERWARDS)
def test_what_the_application_imports_after_set_up_is_watched_too(name: str):
    pytest.importorskip(name)
    later = f"assert {name!r} not in sys.modules\nimport {name}\n{AFTERWARDS[name]}"

    project("small", has_app=True, then=later)


def test_ours_may_be_imported_before_the_application_imports_what_it_watches():
    """As a script does that imports the middleware: nothing is watched half."""
    first = "import orm_insight.middleware, orm_insight.recording.celery\n"
    if find_spec("django.tasks") is not None:
        first += "import orm_insight.recording.tasks\n"
    counted = "from orm_insight import faults\nassert not faults.counts(), faults.counts()\n"
    later = "".join(f"import {name}\n{AFTERWARDS[name]}" for name in AFTERWARDS if find_spec(name))

    project("small", has_app=True, then=first + later + counted)


def late_modules() -> dict[str, list[tuple[str, str]]]:
    """Per module of ours: the names that are late, each with the module that is imported for it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(
                    targets=[ast.Name(name)],
                    value=ast.Call(func=ast.Name("late"), args=[ast.Constant(str(module))]),
                ):
                    found.setdefault(str(path), []).append((name, module))
    return found


@pytest.mark.parametrize("path", late_modules())
def test_what_is_late_is_what_type_checkers_read(path: str):
    """Nothing would be checked if a type checker knew another module by the name."""
    typed = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for block in ast.parse(Path(path).read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    for name, module in late_modules()[path]:
        assert typed[name] == module
        assert not module.startswith("orm_insight.") or find_spec(module) is not None


@pytest.mark.parametrize("name", [*_STATEFUL, *_BEFORE_THE_STORE])
def test_modules_that_are_asked_only_if_imported_are_there(name: str):
    module = import_module(name)

    assert callable(module.reset if name in _STATEFUL else module.flush)
