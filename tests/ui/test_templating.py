"""The way into a template: one frozen dataclass, everything escaped, nothing undefined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from jinja2 import UndefinedError

from orm_insight.ui import templating as module
from orm_insight.ui.pages import GoneFragment
from orm_insight.ui.templating import environment, render

TEMPLATES = Path(module.__file__).parent.parent / "templates" / "orm_insight"


@dataclass(frozen=True, kw_only=True)
class Incomplete:
    """Has nothing of what its template asks for."""

    template: ClassVar[str] = GoneFragment.template


def test_values_are_escaped():
    markup = render(GoneFragment(message="<script>\"'&\0\udc80"))

    assert "&lt;script&gt;&#34;&#39;&amp;␀" in markup
    assert markup.encode("utf-8")


def test_undefined_names_are_errors():
    with pytest.raises(UndefinedError):
        render(Incomplete())


def test_every_template_compiles():
    names = environment().list_templates()

    assert names
    for name in names:
        environment().get_template(name)


@pytest.mark.parametrize("forbidden", ["|safe", "| safe", "style=", "<style", "onclick", "http://"])
def test_no_template_escapes_the_policy(forbidden):
    for path in TEMPLATES.rglob("*.*"):
        assert forbidden not in path.read_text(encoding="utf-8"), path.name
