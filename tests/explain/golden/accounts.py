"""Self times worked out from a plan's JSON by the plain formulas, to compare the parser with.

Shares nothing with the package. Where the formulas do not say which of several steps has waited
for a CTE or an InitPlan, the steps form a group, of which only the sum is known. The same where
rounding makes the steps below look longer than the step above.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ROUNDING_MS = 0.0005
GATHERS = ("Gather", "Gather Merge")


@dataclass(eq=False)
class Account:
    """The time of one step; ``error_ms`` is by how much the rounded numbers may be off."""

    raw: dict[str, Any]
    number: int
    processes: float
    children: list[Account] = field(default_factory=list)
    total_ms: float = 0.0
    self_ms: float = 0.0
    error_ms: float = 0.0

    @property
    def loops(self) -> float:
        return self.raw.get("Actual Loops", 0)

    @property
    def is_timed(self) -> bool:
        return bool(self.loops) and "Actual Total Time" in self.raw

    @property
    def is_init_plan(self) -> bool:
        return self.raw.get("Parent Relationship") == "InitPlan"

    def below(self) -> Iterator[Account]:
        yield self
        for child in self.children:
            yield from child.below()


@dataclass
class Ledger:
    """All accounts in pre-order, and the groups of which only the sum is known.

    ``after_ms`` is spent when the root has finished: in CTEs that write and that nobody reads.
    """

    root: Account
    accounts: list[Account]
    groups: list[set[int]] = field(default_factory=list)
    after_ms: float = 0.0

    def join(self, accounts: list[Account]) -> None:
        """Groups that overlap become one."""
        joined = {account.number for account in accounts}
        rest = []
        for group in self.groups:
            if group & joined:
                joined |= group
            else:
                rest.append(group)
        self.groups = [*rest, joined]

    def is_grouped(self, number: int) -> bool:
        return any(number in group for group in self.groups)


def work_out(plan: dict[str, Any]) -> Ledger:
    accounts: list[Account] = []
    root = _open(plan, 1.0, None, accounts)
    ledger = Ledger(root, accounts)
    for account in accounts:
        inner = [child for child in account.children if not child.is_init_plan]
        account.self_ms = account.total_ms - sum(child.total_ms for child in inner)
        account.error_ms = sum(ROUNDING_MS * one.loops / one.processes for one in [account, *inner])
    for account in accounts:
        for child in account.children:
            if child.is_init_plan and child.total_ms:
                _charge(child, account, ledger)
    for account in accounts:
        if account.self_ms < 0 and not ledger.is_grouped(account.number):
            ledger.join(list(account.below()))
    return ledger


def _open(
    raw: dict[str, Any], processes: float, parent: Account | None, accounts: list[Account]
) -> Account:
    """``total = t * L / nproc``; the processes follow from the loops below a Gather."""
    relationship = raw.get("Parent Relationship")
    if relationship == "InitPlan":
        processes = 1.0
    elif parent and parent.raw["Node Type"] in GATHERS and relationship == "Outer":
        processes = parent.processes
        if parent.loops:
            processes *= max(1.0, raw.get("Actual Loops", 0) / parent.loops)
    account = Account(raw, len(accounts), processes)
    accounts.append(account)
    account.total_ms = raw.get("Actual Total Time", 0.0) * account.loops / processes
    account.children = [_open(c, processes, account, accounts) for c in raw.get("Plans", [])]
    return account


def _charge(init_plan: Account, owner: Account, ledger: Ledger) -> None:
    """Take an InitPlan off the one step that has waited for it, or group all that may have."""
    users = _users(init_plan, owner)
    if not users and init_plan.raw["Node Type"] == "ModifyTable":
        ledger.after_ms += init_plan.total_ms
        return
    if len(users) == 1 and users[0].self_ms >= init_plan.total_ms:
        users[0].self_ms -= init_plan.total_ms
        users[0].error_ms += init_plan.error_ms
        return
    owner.self_ms -= init_plan.total_ms
    owner.error_ms += init_plan.error_ms
    ledger.join([owner, *(users or owner.below())])


def _users(init_plan: Account, owner: Account) -> list[Account]:
    """CTE Scans of its name; of another InitPlan the lowest steps that print its result.

    Inside of a Gather it may have been the Gather, which computes what its workers will need.
    """
    own = set(init_plan.below())
    found = [one for one in owner.below() if one not in own and one.loops]
    name = init_plan.raw["Subplan Name"]
    if name.startswith("CTE "):
        return [one for one in found if f"CTE {one.raw.get('CTE Name')}" == name]
    users = [one for one in found if _prints(one, name)]
    lowest = [u for u in users if not any(other in users for other in list(u.below())[1:])]
    gathers = [one for one in found if one.raw["Node Type"] in GATHERS]
    above = [gather for gather in gathers if set(gather.below()) & set(lowest) - {gather}]
    return lowest + above


def _prints(account: Account, name: str) -> bool:
    text = json.dumps({key: value for key, value in account.raw.items() if key != "Plans"})
    if "(returns " not in name:
        return f"({name})." in text
    parameter = re.escape(name.split("(returns ")[1].split(")")[0].split(",")[0])
    return re.search(parameter + r"(?!\d)", text) is not None
