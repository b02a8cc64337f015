"""Template tags that query: a function, a node of its own, and an inclusion."""

from __future__ import annotations

from typing import Any

from django import template

from tests.testapp.models import Book

register = template.Library()


@register.simple_tag
def country_of(book: Book) -> str:
    return book.author.country.name  # <country_of>


@register.inclusion_tag("capture/editor.html")
def editor_of(book: Book) -> dict[str, Any]:
    return {"book": book}


class PublisherNode(template.Node):
    def render(self, context: template.Context) -> str:
        return str(context["book"].publisher.name)  # <PublisherNode>


@register.tag
def publisher(parser: Any, token: Any) -> PublisherNode:
    return PublisherNode()
