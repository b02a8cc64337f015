"""Titles and messages are for people: with other words in them every page is what it was.

Each text of each hint is replaced by a word that means nothing; where that word stands on a page,
the text must have stood before. So nobody has taken a text apart, or looked something up in it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import orm_insight
from orm_insight import insight
from orm_insight.hints.base import Context, Detector
from orm_insight.hints.rules import detectors
from orm_insight.model.fix import Fix, Reading
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Trace
from orm_insight.panel.pages import trace_page
from orm_insight.reports import report as reports
from orm_insight.reports.problems import Identity
from tests.dashboard.conftest import dashboard
from tests.dashboard.pages import Dashboard
from tests.testapp.factories import make_library

__all__ = ["dashboard"]

CODE = """from tests.testapp.models import Book, Review


def shelf():
    for book in Book.objects.order_by("title"):
        book.author.name
        list(book.genres.all())
        list(book.reviews.filter(rating__gt=2))
    for book in Book.objects.order_by("pages"):
        book.reviews.count()
    for book in Book.objects.only("title"):
        book.body
    for number in (1, 2, 3):
        Book.objects.filter(pk=number).first()
    Book.objects.count()
    Book.objects.count()
    list(Review.objects.order_by("text"))
    list(Review.objects.order_by("text"))
    books = Book.objects.order_by("-title")
    if books.exists():
        [book.title for book in books]
    len(Book.objects.select_related("editor").order_by("body"))
    [book.title for book in Book.objects.select_related("publisher").filter(pages__gt=0)]


def tidy():
    [book.title for book in Book.objects.order_by("title")]
"""
VARYING = re.compile(
    r'value="\w{64}"|data-oi-csrf="\w+"|nonce="[^"]*"|<figure class="oi-load">.*?</figure>',
    re.DOTALL,
)
"""Tokens, and the chart whose bars move with the clock."""


@dataclass(frozen=True)
class Reworded:
    """A rule whose texts are words of our own; ``told`` keeps which text each stands for."""

    detector: Detector
    told: dict[str, str]

    @property
    def code(self) -> str:
        return self.detector.code

    def detect(self, context: Context) -> Iterator[Hint]:
        for hint in self.detector.detect(context):
            happens = self._word("happens", hint.happens.removesuffix("."))
            advice = self._word("advice", hint.advice)
            yield replace(
                hint,
                title=self._word("title", hint.title),
                happens=f"{happens}.",
                message=f"{happens}.\N{NO-BREAK SPACE}{advice}",  # no end of a sentence to look for
            )

    def _word(self, kind: str, text: str) -> str:
        """The same word for the same text, and no other text has it."""
        known = {old: word for word, old in self.told.items() if kind in word}
        return known.get(text) or self._new(kind, text)

    def _new(self, kind: str, text: str) -> str:
        word = f"Zq{kind}{len(self.told)}q"
        self.told[word] = text
        return word


@pytest.fixture
def traces(dashboard: Dashboard, db: None, tmp_path: Path) -> tuple[Trace, Trace]:
    """A wasteful one, recorded in depth, and one without waste; so old that seconds do not show."""
    make_library(books=4)
    module = tmp_path / "shelf.py"
    module.write_text(CODE)
    names: dict[str, Any] = {}
    exec(compile(CODE, str(module), "exec"), names)
    old = time.time() - timedelta(days=9).total_seconds()
    os.utime(module, (old, old))
    recorded = []
    for name in ("shelf", "tidy"):
        with orm_insight.capture(name, deep=True) as trace:
            names[name]()
        kept = insight.trace(trace.id)
        recorded.append(
            replace(kept, started_at=kept.started_at - timedelta(minutes=40, seconds=5))
        )
    return recorded[0], recorded[1]


def pages_of(dashboard: Dashboard, settings: Any, traces: tuple[Trace, Trace]) -> dict[str, str]:
    """All that is told of the hints, by address; made anew."""
    insight.reset()
    settings.ORM_INSIGHT = {}
    for trace in traces:
        insight.keep(trace)
    wasteful, tidy = (trace.id for trace in traces)
    ids = [Identity.of(hint).id for hint in insight.report_of(traces[0]).hints]
    addresses = [
        *("", "overview.json", "traces/", "problems/", "problems.json"),
        *("endpoints/", "lines/", "statements/"),
        *(f"traces/{wasteful}{rest}" for rest in ("/", ".json", "/chrome.json", "/groups/")),
        f"traces/{wasteful}/queries/?hint=1",
        *(f"compare{rest}?before={wasteful}&after={tidy}" for rest in ("/", ".json")),
        *(f"compare{rest}?before={tidy}&after={wasteful}" for rest in ("/", ".json")),
        *(f"traces/{wasteful}/hints/{id}{end}" for id in ids for end in ("/", ".json", ".md")),
    ]
    return {
        **{address: _answer(dashboard, address) for address in addresses},
        "panel": trace_page(wasteful, traces[0]),
    }


def _answer(dashboard: Dashboard, address: str) -> str:
    response = dashboard.client.get(f"/_orm/{address}")
    assert response.status_code == 200, address
    return VARYING.sub("", response.content.decode())


def in_old_words(text: str, told: dict[str, str]) -> str:
    """The page with the texts put back where the words stand for them."""
    # A random token may look like a word by chance; it is left as it is.
    return re.sub(r"Zq\w+?\d+q", lambda found: told.get(found[0], found[0]), text)


def plain(text: str) -> str:
    """Without marks that escape a text for HTML, JSON or Markdown, and with one kind of space."""
    text = unescape(unescape(text)).replace("\\u00a0", " ").replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\\(?=\W)", "", text)


def test_pages_are_unharmed(
    dashboard: Dashboard, traces: tuple[Trace, Trace], settings: Any, monkeypatch: Any
) -> None:
    before = pages_of(dashboard, settings, traces)
    told: dict[str, str] = {}

    def reworded() -> Iterable[Detector]:
        return [Reworded(detector, told) for detector in detectors()]

    monkeypatch.setattr(reports, "detectors", reworded)
    after = pages_of(dashboard, settings, traces)

    found = {hint.code for hint in insight.report_of(traces[0]).hints}
    assert len(found) >= 10, found
    assert list(after) == list(before)
    for address, text in after.items():
        assert plain(in_old_words(text, told)) == plain(before[address]), address


def test_words_are_on_the_pages(
    dashboard: Dashboard, traces: tuple[Trace, Trace], settings: Any, monkeypatch: Any
) -> None:
    """The comparison above would hold too if no page showed them."""
    told: dict[str, str] = {}
    monkeypatch.setattr(
        reports, "detectors", lambda: [Reworded(detector, told) for detector in detectors()]
    )

    pages = pages_of(dashboard, settings, traces)

    shown = {address for address, text in pages.items() if "Zqtitle" in text}
    assert {"", "overview.json", "traces/", "problems/", "problems.json", "panel"} <= shown
    assert any(address.endswith(".md") and "Zqadvice" in text for address, text in pages.items())


def test_pages_are_unharmed_by_another_rendering_of_fixes(
    dashboard: Dashboard, traces: tuple[Trace, Trace], settings: Any, monkeypatch: Any
) -> None:
    """Code of a fix is for people too: diffs, places and lists are made from its values."""
    before = pages_of(dashboard, settings, traces)
    told: dict[str, str] = {}
    for kind in (Fix, Reading):
        render = kind.code.fget
        monkeypatch.setattr(kind, "code", property(partial(_rendered, render, told)))

    after = pages_of(dashboard, settings, traces)

    assert len(told) >= 8, told
    shown = {word for word in told if any(word in text for text in after.values())}
    assert shown == {*told}
    for address, text in after.items():
        assert plain(in_old_words(text, told)) == plain(before[address]), address


def _rendered(render: Callable[[Any], str], told: dict[str, str], value: Any) -> str:
    """A word for the code, the same for the same code; nothing where there is none."""
    code = render(value)
    known = {old: word for word, old in told.items()}
    if not code or code in known:
        return known.get(code, "")
    word = f"Zqcode{len(told)}q"
    told[word] = code
    return word


def test_diffs_are_unharmed_by_other_quotes(
    dashboard: Dashboard, traces: tuple[Trace, Trace], settings: Any, monkeypatch: Any
) -> None:
    """Written in another style, a fix changes the same lines in the same way."""
    before = pages_of(dashboard, settings, traces)
    monkeypatch.setattr("orm_insight.model.fix.quoted", repr)

    after = pages_of(dashboard, settings, traces)

    changed = [address for address, text in after.items() if text != before[address]]
    diffs = [
        text for address, text in after.items() if address.endswith(".md") and "```diff" in text
    ]
    assert changed
    assert len(diffs) >= 3
    for address, text in after.items():
        assert plain(text).replace("'", '"') == plain(before[address]).replace("'", '"'), address
