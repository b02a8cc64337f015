"""Texts that hypothesis makes up, which are more or less SQL."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.sql.hostile import REPEATED

PARTS = (
    *REPEATED, "x", "'x'", "E'\\''", '"a"', '"a"."b", ', "%s, ", "IN ", "VALUES ", "*", "/", "\n",
    "U&'", "$1", "::", "0x1F", "NULL", "WHEN ", "THEN ", "AND ", "|",
)  # fmt: skip

sql_texts = st.lists(st.sampled_from(PARTS), max_size=40).map("".join) | st.text(max_size=200)
