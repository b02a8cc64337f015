"""Parts of the dashboard's pages, as tests read them."""

from __future__ import annotations

from orm_insight import insight
from orm_insight.reports.problems import Identity
from tests.dashboard.pages import elements, texts_of

WIDEST = "document.documentElement.scrollWidth"

RANKINGS = ["endpoints/", "lines/", "statements/"]


def with_class(text: str, name: str) -> list[str]:
    found = [span for span in elements(text, "span") if span.get("class") == name]
    return ["".join(span.itertext()).strip() for span in found]


def links(text: str) -> list[str]:
    return [link.get("href") for link in elements(text, "a")]


def paths(text: str) -> list[str]:
    return [
        "".join(element.itertext())
        for element in elements(text, "span")
        if element.get("class") == "oi-trace-path"
    ]


def path_of(trace, number: int = 0) -> str:
    return f"traces/{trace.id}/hints/{Identity.of(insight.report_of(trace).hints[number]).id}/"


def badges(text: str) -> list[str]:
    found = [each for each in elements(text, "span") if "oi-kept" in (each.get("class") or "")]
    return ["".join(each.itertext()) for each in found]


def markdown_path(trace) -> str:
    return f"{path_of(trace).removesuffix('/')}.md"


def rows(text: str) -> list[str]:
    return texts_of(text, "a", "oi-ranking-link")
