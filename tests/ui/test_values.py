"""Parameters as text."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from orm_insight.model.trace import REDACTED
from orm_insight.ui.queries import MAX_PARAMETERS, parameters


class Broken:
    """A value that cannot be shown."""

    def __repr__(self) -> str:
        raise ValueError("no")


def test_values_keep_their_python_form():
    found = parameters((1, None, "x'", Decimal("1.50"), UUID(int=1), b"\xff", [1, 2]))

    assert [parameter.text for parameter in found] == [
        *("1", "None", '"x\'"', "Decimal('1.50')"),
        *("UUID('00000000-0000-0000-0000-000000000001')", "b'\\xff'", "[1, 2]"),
    ]
    assert [parameter.name for parameter in found][:2] == ["1", "2"]


def test_named_parameters_have_their_names():
    (found,) = parameters({"slug": "x"})

    assert (found.name, found.text, found.type) == ("slug", "'x'", "str")


def test_huge_values_are_cut_and_their_length_told():
    text, data, items = parameters(("x" * 2_000_000, memoryview(b"y" * 5000), list(range(50_000))))

    assert text.note == "2,000,000 characters"
    assert data.note == "5,000 bytes"
    assert items.note == "50,000 items"
    assert max(len(parameter.text) for parameter in (text, data, items)) < 700


def test_only_the_first_parameters_are_shown():
    assert len(parameters(tuple(range(50_000)))) == MAX_PARAMETERS


def test_withheld_values_say_so():
    (found,) = parameters((REDACTED,))

    assert found.is_withheld
    assert found.type == ""


def test_value_that_cannot_be_shown():
    (found,) = parameters((Broken(),))

    assert found.text.startswith("<Broken")
