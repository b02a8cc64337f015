"""What to say of an answer that could have been kept: shared by ORM501 and ORM502."""

from __future__ import annotations

from pathlib import PurePath

from orm_insight.analysis.detectors.base import Context, sites_of
from orm_insight.model.trace import CallSite, Query

_NAMED = 3


def asked_by(queries: tuple[Query, ...]) -> str:
    """``by the same line``, or which lines: ``by views.py:10 and views.py:14``."""
    places = [_place(site) for site in sites_of(queries)]
    if len(places) == 1:
        return "by the same line"
    if len(places) > _NAMED:
        return f"by {len(places)} lines"
    return f"by {', '.join(places[:-1])} and {places[-1]}"


def where_to_keep(queries: tuple[Query, ...], context: Context) -> str:
    """Advice: on the object, where a property or method of a model asks; else in a variable."""
    sites = sites_of(queries)
    load = queries[0].construction.load if queries[0].construction else None
    if load is not None and load.relation.kind in ("forward", "reverse_one"):
        return (
            f"Each time it is another {load.relation.model} object that asks for its "
            f"{load.relation.name}. Load it together with them, or keep the first one."
        )
    method = _method_of_model(sites[0], context) if len(sites) == 1 else None
    if method is None:
        return "Keep the first result, in a variable or a cached_property, and use it again."
    return (
        f"{method} ({_place(sites[0])}) asks each time that it is read or called. Make it a "
        "cached_property: the object keeps the answer then."
    )


def _method_of_model(site: CallSite, context: Context) -> str | None:
    """The property or method of a model in whose body the line stands: ``Book.is_popular``."""
    owner, _, name = site.function.rpartition(".")
    if site.is_template or not owner or not name.isidentifier():
        return None
    is_model = any(facts.name == owner for facts in context.schema.models.values())
    return site.function if is_model else None


def _place(site: CallSite) -> str:
    return f"{PurePath(site.file).name}:{site.line}"
