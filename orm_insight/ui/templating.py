"""A Jinja2 environment of our own: autoescape is on, and an undefined name is an error."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orm_insight.ui import format as formats
from orm_insight.ui.sql import sql_line


class Page(Protocol):
    """A frozen dataclass that knows its template, which sees it as ``page``."""

    template: ClassVar[str]


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("orm_insight", "templates/orm_insight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # ``count`` is Jinja's own word for a length.
    made.filters |= {"number": formats.count, "sql_line": sql_line}
    for name in ("clock", "counted", "cut", "duration", "moment", "part", "percent", "queries"):
        made.filters[name] = getattr(formats, name)
    return made


def render(page: Page) -> Markup:
    """The markup of a page or a fragment, without characters that HTML forbids."""
    text = environment().get_template(page.template).render(page=page)
    return Markup(formats.printable(text))
