"""A database of a vendor that nobody knows."""

from __future__ import annotations

from django.db.backends.dummy.base import DatabaseWrapper as DummyWrapper


class DatabaseWrapper(DummyWrapper):
    vendor = "marsdb"
    display_name = "MarsDB"
