"""The files of the plans, and next to each what is expected of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.explain.golden.accounts import work_out

FOLDER = Path(__file__).parent / "plans"


def plans() -> list[Path]:
    return [path for path in sorted(FOLDER.glob("*/*.json")) if ".expected" not in path.name]


def expectation_of(path: Path) -> Path:
    return path.with_suffix(".expected.json")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def expectation(payload: Any, findings: list[str]) -> dict[str, Any]:
    """Self times in pre-order; ``null`` of what did not run, and of what is in a group."""
    ledger = work_out(payload[0]["Plan"])
    return {
        "findings": findings,
        "after_ms": ledger.after_ms,
        "steps": [
            {
                "step": account.raw["Node Type"],
                "total_ms": round(account.total_ms, 6) if account.is_timed else None,
                "self_ms": None
                if ledger.is_grouped(account.number) or not account.is_timed
                else round(account.self_ms, 6),
                "error_ms": round(account.error_ms, 6),
            }
            for account in ledger.accounts
        ],
        "groups": [
            {
                "steps": sorted(group),
                "self_ms": round(sum(ledger.accounts[n].self_ms for n in group), 6),
                "error_ms": round(sum(ledger.accounts[n].error_ms for n in group), 6),
            }
            for group in ledger.groups
        ],
    }
