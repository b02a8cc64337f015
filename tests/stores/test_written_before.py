"""Files of other versions are read: those in ``golden`` were written by version 0.1.0.

They hold one trace with every kind of row and every type of parameter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from orm_insight import insight
from orm_insight.dashboard import exchange
from orm_insight.model.summary import summary_of
from orm_insight.model.trace import Trace
from orm_insight.stores.codec import UnreadableTraceError, decode_summary
from orm_insight.stores.documents import from_document, to_document
from orm_insight.stores.values import to_json

GOLDEN = Path(__file__).parent / "golden"
DATA = (GOLDEN / "trace.json").read_bytes()
DOCUMENT = json.loads(DATA)
DRIVER_TYPES = {"Json", "Jsonb", "DateRange", "Range", "Multirange"}
TYPES = [
    *("NoneType", "bool", "int", "int", "float", "float", "str", "bytes", "Decimal"),
    *("datetime", "datetime", "datetime", "date", "time", "timedelta", "UUID"),
    *("list", "tuple", "set", "frozenset", "dict", "Redacted"),
    *("Json", "Jsonb", "DateRange", "Range", "Multirange", "IPv4Network", "IPv6Address"),
]


def document_of(trace: Trace, *without: str) -> dict[str, Any]:
    """All facts and digits of the trace, as JSON."""
    document = json.loads(to_document(trace))
    return {key: value for key, value in document.items() if key not in {"made_by", *without}}


def test_document_is_read_whole() -> None:
    trace = from_document(DATA)

    assert document_of(trace) == {k: v for k, v in DOCUMENT.items() if k != "made_by"}
    params = trace.queries[0].params
    assert isinstance(params, tuple)
    assert [type(value).__name__ for value in params] == TYPES
    assert trace.queries[0].construction.load.path[0].name == "author"
    assert trace.uses[0].columns[0].lookup == "body"


@pytest.fixture
def ring() -> Iterator[None]:
    """The ring of this process, empty."""
    insight.clear()
    yield
    insight.reset()


@pytest.mark.usefixtures("ring")
def test_document_is_imported() -> None:
    exchange.import_trace(DATA)

    assert insight.trace("before").is_imported
    assert insight.report("before").trace.name == "GET /posts/"


def test_ring_is_read(open_store: Any, path: Path, failures: list[Any]) -> None:
    path.write_bytes((GOLDEN / "ring.traces").read_bytes())
    store = open_store()

    # Times of a ring are rounded.
    found = document_of(store.get("before"), "started_ms")
    assert found == document_of(from_document(DATA), "started_ms")
    assert store.held().pinned == {"before"}
    assert failures == []


def test_summary_is_read() -> None:
    summary = decode_summary((GOLDEN / "summary.bin").read_bytes())

    assert summary == summary_of(from_document(DATA))


def changed_kind(name: str, old: list[Any], new: list[Any]) -> bytes:
    """The document with one field of a kind replaced, in the names and in all rows."""
    document = json.loads(DATA)
    number = [kind for kind, _ in document["kinds"]].index(name)
    names = document["kinds"][number][1]
    at = names.index(old[0]) if old else len(names)
    names[at : at + 1] = new[:1]
    for row in document["rows"]:
        if row[0] == number:
            row[at + 1 : at + 2] = new[1:]
    return json.dumps(document).encode()


def test_field_that_only_a_newer_version_has_is_left_out() -> None:
    data = changed_kind("Owner", [], ["colour", "red"])
    newer = {**json.loads(data), "later": 1}
    newer["trace"] = {**newer["trace"], "mood": {"t": "2025-01-01T00:00:00+00:00"}, "queries": 1}

    assert document_of(from_document(json.dumps(newer).encode())) == document_of(
        from_document(DATA)
    )


def test_field_that_an_older_version_lacks_has_its_default() -> None:
    older = from_document(changed_kind("Owner", ["manager"], []))

    assert older.queries[0].construction.owner.manager == "objects"


@pytest.mark.parametrize("kind", ["ResultSet", "Relation"])
def test_row_of_one_kind_is_no_value_of_another(kind: str) -> None:
    """A result set was met before, in its own place: that is no excuse."""
    kinds = [name for name, _ in DOCUMENT["kinds"]]
    other = next(n for n, row in enumerate(DOCUMENT["rows"]) if kinds[row[0]] == kind)
    rows = [
        [row[0], row[1], {"o": other}, *row[3:]] if kinds[row[0]] == "Construction" else row
        for row in DOCUMENT["rows"]
    ]

    with pytest.raises(UnreadableTraceError, match=r"Construction\.site is no CallSite"):
        from_document(json.dumps({**DOCUMENT, "rows": rows}).encode())


def test_types_of_a_driver_that_is_not_imported_are_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modules = [f"psycopg.types.{name}" for name in ("json", "range", "multirange")]
    for module in modules:
        monkeypatch.delitem(sys.modules, module)

    params = from_document(DATA).queries[0].params

    assert not set(modules) & set(sys.modules)
    assert [type(value).__name__ for value in params or ()] == [
        "Redacted" if name in DRIVER_TYPES else name for name in TYPES
    ]


def test_value_of_a_driver_that_is_not_looked_up_is_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = Jsonb({"a": 1})
    assert list(to_json(value)) == ["jb"]
    monkeypatch.delitem(sys.modules, "psycopg.types.json")

    assert list(to_json(value)) == ["r"]


@pytest.mark.parametrize("name", ["RangeDumper", "Any", "NoRange"])
def test_only_ranges_are_made_of_ranges(name: str) -> None:
    params = [[{"ra": [name, 1, 2, "[)"]}], None, None]

    with pytest.raises(UnreadableTraceError, match=f"'{name}' is missing or not known"):
        from_document(json.dumps({**DOCUMENT, "params": params}).encode())


def test_column_that_is_a_number_takes_no_memory() -> None:
    with pytest.raises(UnreadableTraceError, match="not iterable"):
        from_document(json.dumps({**DOCUMENT, "in_transaction": 2**40}).encode())
