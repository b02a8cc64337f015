"""Every hint is documented, tested and justified by Django's documentation, and known once."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orm_insight.hints.base import Detector
from orm_insight.hints.rules import detectors
from orm_insight.model.catalogue import (
    RULES,
    IndexKind,
    Needs,
    Rule,
    by_saving,
    code_of_finding,
    code_of_index,
    docs_of,
)
from orm_insight.model.hint import Saving, Severity

ROOT = Path(__file__).parent.parent.parent
CODE = re.compile(r"\bORM\d{3}\b")
ROW = re.compile(r"^\| \[(\w+)\]\((\w+)\.md\) \| .+ \|$", re.MULTILINE)


@pytest.mark.parametrize("detector", detectors(), ids=lambda detector: detector.code)
def test_hint_is_documented_and_tested(detector: Detector) -> None:
    page = ROOT / "docs" / "hints" / f"{detector.code}.md"
    assert page.read_text().startswith(f"# {detector.code}: ")
    assert docs_of(detector.code) in page.read_text()
    told = inspect.getdoc(type(detector)) or ""
    assert told.startswith(f"{detector.code}: ")
    assert docs_of(detector.code) in told
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(detector).__name__).lower()
    assert (ROOT / "tests" / "hints" / f"test_{name}.py").exists()


def test_codes_are_distinct() -> None:
    codes = [detector.code for detector in detectors()]
    assert len(codes) == len(set(codes))


def test_detectors_are_those_of_the_catalogue() -> None:
    assert [detector.code for detector in detectors()] == list(RULES) == sorted(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_document_has_the_title_of_the_catalogue(rule: Rule) -> None:
    heading = (ROOT / "docs" / "hints" / f"{rule.code}.md").read_text().splitlines()[0]

    assert heading == f"# {rule.code}: {rule.title}"


def test_index_of_the_documents_has_each_code_in_order() -> None:
    rows = ROW.findall((ROOT / "docs" / "hints" / "README.md").read_text())

    assert rows == [(code, code) for code in RULES]


def test_deep_rules_are_those_that_call_something_unused() -> None:
    deep = [rule for rule in RULES.values() if rule.needs is Needs.DEEP_RECORDING]

    assert deep
    assert all((rule in deep) == (rule.unused is not None) for rule in RULES.values())


@pytest.mark.parametrize("kind", IndexKind)
def test_index_leads_to_one_rule_that_reads_plans(kind: IndexKind) -> None:
    [rule] = [rule for rule in RULES.values() if rule.index is kind]

    assert code_of_index(kind) == rule.code
    assert rule.needs is Needs.PLAN


def test_finding_leads_to_one_rule_at_most() -> None:
    findings = [finding for rule in RULES.values() for finding in rule.findings]

    assert len(findings) == len(set(findings))
    assert all(finding in RULES[code_of_finding(finding)].findings for finding in findings)
    assert code_of_finding("jit") == ""


@pytest.mark.parametrize(
    ("saving", "severity"),
    [
        (Saving(20, 0.0), Severity.HIGH),
        (Saving(0, 30.0), Severity.HIGH),
        (Saving(5, 0.0), Severity.MEDIUM),
        (Saving(0, 10.0), Severity.MEDIUM),
        (Saving(4, 9.0), Severity.LOW),
    ],
)
def test_severity_comes_from_the_saving(saving: Saving, severity: Severity) -> None:
    assert by_saving(saving, 100.0) is severity
    assert by_saving(Saving(0, saving.ms), 0.0) is Severity.LOW


def codes_written(path: Path) -> Iterator[str]:
    """The codes in the texts of a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield from CODE.findall(node.value)


def test_code_is_written_in_the_catalogue_and_by_its_rule_alone() -> None:
    own = {(inspect.getfile(type(detector)), detector.code) for detector in detectors()}
    package = ROOT / "orm_insight"
    catalogue = package / "model" / "catalogue.py"
    found = [(path, code) for path in package.rglob("*.py") for code in codes_written(path)]

    assert {code for path, code in found if path == catalogue} == set(RULES)
    elsewhere = [(str(path), code) for path, code in found if path != catalogue]
    assert sorted(elsewhere) == sorted(own)


def test_no_other_file_of_the_package_writes_a_code() -> None:
    """Templates, scripts and style sheets; documents come from elsewhere."""
    suffixes = {".jinja", ".html", ".js", ".css", ".txt"}
    files = [path for path in (ROOT / "orm_insight").rglob("*") if path.suffix in suffixes]

    assert files
    assert [str(path) for path in files if CODE.search(path.read_text(encoding="utf-8"))] == []
