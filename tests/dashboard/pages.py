"""A client's work with the dashboard: it opens pages, sends the forms that it finds there."""

from __future__ import annotations

import html5lib
from django.http import HttpResponse
from django.test import Client

from orm_insight import insight
from orm_insight.model.trace import Query, Trace
from tests.builders import make_trace

XHTML = "{http://www.w3.org/1999/xhtml}"


class Dashboard:
    """Pages below ``/_orm/`` as a browser without scripts sees them."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def keep(self, *queries: Query, **facts) -> Trace:
        trace = make_trace(*queries, **facts)
        insight.keep(trace)
        return trace

    def get(self, path: str = "", **data) -> HttpResponse:
        return self.client.get(f"/_orm/{path}", data)

    def text(self, path: str = "", *, status: int = 200, **data) -> str:
        """The page, which must be valid HTML, or a fragment of it."""
        response = self.get(path, **data)
        assert response.status_code == status
        text = response.content.decode()
        check_html(text, is_fragment="fragment" in data)
        return text

    def post(self, path: str, *, referred_by: str = "", **data) -> HttpResponse:
        """With the token that the page ``referred_by`` holds."""
        token = forms_token(self.get(referred_by).content.decode())
        return self.client.post(f"/_orm/{path}", {"csrfmiddlewaretoken": token, **data})


def check_html(text: str, *, is_fragment: bool = False) -> None:
    """Not one error of the parser, which browsers would forgive."""
    parser = html5lib.HTMLParser(strict=True)
    if is_fragment:
        is_rows = text.lstrip().startswith("<tr")
        parser.parseFragment(text, container="tbody" if is_rows else "div")
    else:
        parser.parse(text)


def elements(text: str, tag: str) -> list:
    return list(html5lib.parse(text).iter(f"{XHTML}{tag}"))


def texts_of(text: str, tag: str, name: str) -> list[str]:
    """The texts of all elements of a class, with single spaces."""
    found = [each for each in elements(text, tag) if name in (each.get("class") or "").split()]
    return [" ".join("".join(each.itertext()).split()) for each in found]


def forms_token(text: str) -> str:
    return next(
        element.get("value")
        for element in elements(text, "input")
        if element.get("name") == "csrfmiddlewaretoken"
    )
