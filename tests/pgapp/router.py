"""Keeps the tables of this application away from other databases."""

from __future__ import annotations

from typing import Any

from django.db import connections


class PostgresOnlyRouter:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        if app_label == "pgapp" and connections[db].vendor != "postgresql":
            return False
        return None
