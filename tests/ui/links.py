"""Links of pages that are rendered without a dashboard."""

from __future__ import annotations


class Links:
    """Addresses as those of the dashboard."""

    def about(self, code):
        return f"/_orm/hints/{code}/"

    def plan_json(self, index):
        return f"/_orm/plan/{index}.json"
