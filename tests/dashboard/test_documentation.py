"""The documents about hints as pages: each of them complete, with links that lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from orm_insight.dashboard.hints import documents
from tests.dashboard.pages import elements
from tests.dashboard.reading import links

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("code", ["ORM999", "README", "..", "ORM101.md"])
def test_unknown_code_says_so(dashboard, code):
    response = dashboard.get(f"hints/{code}/")

    assert response.status_code == 404
    assert b"no documentation for this hint code" in response.content


@pytest.mark.parametrize("code", sorted(documents()))
def test_document_is_a_page_with_all_its_words(dashboard, code):
    text = dashboard.text("hints/" if code == "README" else f"hints/{code}/")

    [article] = elements(text, "article")
    shown = "".join(article.itertext())
    assert "](" not in shown
    assert "**" not in shown
    assert "```" not in shown
    source = re.sub(r"\]\([^)\s]+\)|```\w*|[^\w\s]", "", documents()[code])
    words = {word for word in re.findall(r"\w{4,}", source) if word.isascii()}
    assert {w for w in words if w not in re.sub(r"[^\w\s]", "", shown)} == set()


def test_documents_lead_to_each_other_and_to_django(dashboard):
    found = links(dashboard.text("hints/ORM103/"))

    assert {"/_orm/hints/", "/_orm/hints/ORM102/"} <= set(found)
    assert any(link.startswith("https://docs.djangoproject.com/") for link in found)
    index = links(dashboard.text("hints/"))
    assert {"/_orm/hints/ORM101/", "/_orm/hints/ORM501/"} <= set(index)
    assert not any(link.endswith(".md") or ".md#" in link for link in [*found, *index])


def test_documents_are_packaged():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["force-include"] == {"docs/hints": "orm_insight/docs/hints"}
