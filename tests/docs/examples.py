"""The examples in the documents about hints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.db import connections, models
from django.http import HttpRequest

from orm_insight.model.catalogue import RULES, Family
from tests.routers import OneDatabase
from tests.testapp import models as testapp

FOLDER = Path(__file__).parent.parent.parent / "docs" / "hints"

PLANNED = {rule.code for rule in RULES.values() if rule.family is Family.DATABASE}
"""Given for queries that were explained; see ``test_planned_hint_docs``."""

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

NAMES = {**vars(models), **vars(testapp), "Paginator": Paginator}


def examples(code: str) -> list[str]:
    return BLOCK.findall((FOLDER / f"{code}.md").read_text())


def function_of(source: str, file: Path) -> Callable[[HttpRequest], Any]:
    """The function that the example defines last, from a file of its own."""
    file.write_text(source)
    module = {**NAMES, "connection": connections[OneDatabase.alias]}
    exec(compile(source, str(file), "exec"), module)
    return module[re.findall(r"^def (\w+)\(request", source, re.MULTILINE)[-1]]
