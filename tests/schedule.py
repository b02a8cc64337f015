"""The order in which the processes of pytest-xdist get their tests; see ``tests/tiers.py``."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

from tests import tiers


class ByModule(LoadScopeScheduling):
    """Gives whole units away, the slow ones first, then those of most tests."""

    def _split_scope(self, nodeid: str) -> str:
        return tiers.unit_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        first = min(self.workqueue, key=self._rank)
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)

    def _rank(self, unit: str) -> tuple[bool, int]:
        return (not tiers.is_group(unit), -len(self.workqueue[unit]))
