"""Traces that the dashboard shows, and visitors."""

from __future__ import annotations

from tests.builders import make_query, make_site
from tests.testapp.models import Book

HOSTILE = (
    "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "'\"{{7*7}}\0\x1b\udc80\ufffe"
)

STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


def at_line(line: int, count: int = 3, **facts):
    """A statement in a loop, at a line of its own."""
    sql, site = f'SELECT "b" FROM "t{line}" WHERE "id" = %s', make_site(line=line)
    return [make_query(sql, params=(n,), site=site, **facts) for n in range(count)]


def repeated(count: int, **facts):
    """A statement in a loop: worth a hint."""
    return [
        make_query('SELECT "a" FROM "t" WHERE "id" = %s', params=(n,), site=make_site(), **facts)
        for n in range(count)
    ]


def authors_row_by_row() -> list[str]:
    books = Book.objects.order_by("pk")
    return [book.author.name for book in books]
