"""Traces that people send to each other: out as a file, and in as a trace that is marked.

An imported trace is text from somewhere else. It is kept and shown like the others, and nothing in
it is ever run or opened here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from orm_insight import insight
from orm_insight.model.trace import Trace
from orm_insight.stores.codec import UnreadableTraceError, encode
from orm_insight.stores.documents import from_document, to_document

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class ImportRefusedError(ValueError):
    """Nothing was kept; the message says why, for whoever has sent the file."""


def export_trace(trace: Trace) -> bytes:
    """A versioned JSON document from which the same trace can be made."""
    return to_document(trace)


def import_trace(data: bytes) -> Trace:
    """Keep the trace of a document, under its own id where that is free.

    A file that is imported twice gives one trace.
    """
    try:
        trace = replace(from_document(data), imported_at=datetime.now(UTC))
    except UnreadableTraceError as error:
        raise ImportRefusedError(str(error)) from error
    _check_analysis(trace)
    for id in (trace.id, sha256(data).hexdigest()[:32], uuid4().hex):
        known = insight.trace(id)
        if known is not None and _is_same(known, trace):
            return known
        # What remembers a plan of another trace would show it as one of this trace.
        if known is None and _ID.fullmatch(id) and not insight.plans_of(id):
            trace = replace(trace, id=id)
            break
    insight.keep(trace)
    if insight.trace(trace.id) is None:
        raise ImportRefusedError("The trace is larger than the memory that MAX_BYTES allows.")
    return trace


def _is_same(known: Trace, trace: Trace) -> bool:
    """But for the id, and for when it was imported."""
    return known.is_imported and encode(known) == encode(
        replace(trace, id=known.id, imported_at=known.imported_at)
    )


def _check_analysis(trace: Trace) -> None:
    """What cannot be understood is not let in: each page would fail on it."""
    try:
        insight.report_of(trace).to_dict()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"[:200]
        raise ImportRefusedError(
            f"The trace file is damaged: it cannot be analysed, {what}."
        ) from error
