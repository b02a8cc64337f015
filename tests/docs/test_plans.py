"""The document about plans names every rule that there is."""

from __future__ import annotations

import re
from pathlib import Path

from orm_insight.explain.postgresql import findings

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "plans.md"
FOLDER = Path(findings.__file__).parent


def test_every_rule_is_documented() -> None:
    named = set(re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    sources = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    written = set(re.findall(r'context\.finding\(\s+"([a-z-]+)"', sources))
    assert named == written
    assert len(named) == len(findings.RULES)
