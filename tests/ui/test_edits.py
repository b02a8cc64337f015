"""Every edit of a fix, where people read it: cards, the page, Markdown and JSON."""

from __future__ import annotations

from orm_insight.model.fix import Calls, Fix, MetaIndex, Reading, naming
from orm_insight.model.hint import Hint, Severity
from orm_insight.reports.report import hint_to_dict
from orm_insight.ui.hints import edits_of
from orm_insight.ui.source import Sources
from orm_insight.ui.templating import environment
from tests.builders import make_site, make_trace
from tests.ui.markdown import markdown

HINT = Hint(
    code="ORM103",
    title="",
    message="",
    severity=Severity.HIGH,
    change=Fix(
        change=Calls((naming("prefetch_related", "comments"),)),
        at=make_site(line=23),
        imports=("from django.db.models import Prefetch",),
        readings=(
            Reading(
                attribute="matching_comments",
                row="author",
                replaces="author.comments.filter(created_at__gte=<SINCE>)",
            ),
        ),
    ),
    site=make_site(line=25),
    origin=make_site(line=23),
)
SELECTED = Fix(change=Calls((naming("select_related", "author"),)))


def rendered(hint: Hint) -> str:
    macros = environment().get_template("components/hints.jinja").module
    edits = edits_of(hint, Sources(make_trace()))
    return str(macros.edits(hint, edits))  # type: ignore[attr-defined]


def test_fix_that_is_all() -> None:
    hint = Hint(code="ORM101", title="", message="", severity=Severity.LOW, change=SELECTED)
    assert edits_of(hint, Sources(make_trace())) is None
    assert rendered(hint).strip() == ""


def test_card_has_imports_and_the_second_edit() -> None:
    text = rendered(HINT)
    assert "Add this import" in text
    assert "from django.db.models import Prefetch" in text
    assert "And write this" in text
    assert "author.matching_comments" in text
    assert "author.comments.filter(created_at__gte=&lt;SINCE&gt;)" in text
    assert ":25" in text


def test_markdown_has_them_too() -> None:
    text = markdown(fix=HINT.fix, edits=edits_of(HINT, Sources(make_trace())))
    assert "Add these imports:\n\n```python\nfrom django.db.models import Prefetch" in text
    assert "in place of `author.comments.filter(created_at__gte=<SINCE>)`:" in text
    assert "author.matching_comments" in text


def test_json_has_them_too() -> None:
    told = hint_to_dict(HINT)
    assert told["imports"] == ["from django.db.models import Prefetch"]
    assert (told["instead"], told["replaces"]) == (HINT.instead, HINT.replaces)
    assert told["model_site"] is None


def test_place_of_the_model() -> None:
    hint = Hint(
        code="ORM602",
        title="",
        message="",
        severity=Severity.LOW,
        change=Fix(change=MetaIndex("models.Index()"), at=make_site(line=7)),
    )
    found = edits_of(hint, Sources(make_trace()))
    assert found is not None and found.model is not None
    assert found.model.line == 7
