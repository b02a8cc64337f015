"""Entries of a log of PostgreSQL."""

from __future__ import annotations

PREFIX = "2025-01-02 03:04:05.678 UTC [42] "

HEAD = "LOG:  duration: 12.345 ms  plan:"

BODY = '{\n  "Query Text": "SELECT 1",\n  "Plan": {\n    "Node Type": "Result"\n  }\n}'


def entry(body=BODY, *, prefix=PREFIX, tab="\t", end="\n"):
    """As PostgreSQL writes it to its standard error."""
    lines = [f"{prefix}{HEAD}", *(f"{tab}{line}" for line in body.split("\n"))]
    return "".join(f"{line}{end}" for line in lines)
