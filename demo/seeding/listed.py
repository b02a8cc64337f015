"""Word lists as running text, which is how people read and edit them."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """The words and phrases between the commas."""
    return tuple(" ".join(item.split()) for item in text.split(","))
