"""Whether a fetch mode of Django 6.1 would serve: the rows of a result fetch for all of them."""

from __future__ import annotations

from orm_insight.analysis.loads import LoadGroup
from orm_insight.model.schema import Schema

_PEERS = "; .fetch_mode(models.FETCH_PEERS) would load all of them on first access"


def advice_on_peers(group: LoadGroup, schema: Schema) -> str:
    """What to add to an advice, without the full stop; empty where it would not help.

    The mode goes along over relations to one object, not into the sets that a prefetch loads.
    ``iterator()`` hands out each row before the next is read.
    """
    source = group.load.source
    is_queryset = source.owner is None or source.owner.kind == "view"
    leads_to_one = all(step.kind != "many" for step in group.steps)
    serves = leads_to_one and is_queryset and not source.is_raw and not source.is_chunked
    return _PEERS if serves and schema.has_fetch_modes else ""
