"""The one error that the demo shows to a person: its text is the whole message."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot start; the message says why and what to do."""
