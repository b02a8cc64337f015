"""What people have changed on the dashboard, as all processes that share a store read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 2


class UnreadableBoardError(ValueError):
    """Not written by this package, or by another version of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Changes of people: ``sample_rate`` replaces that of the settings, where it is not ``None``.

    ``deep`` are the paths whose next request is recorded in depth, each with a ticket of its own:
    who asks again for the same path asks for another recording.

    Whoever reads it checks the rate: it may come from another version. Times are in ISO format.
    """

    sample_rate: Any = None
    is_paused: bool = False
    deep: Mapping[str, str] = field(default_factory=dict)
    changed_at: str = ""
    changed_by: str = ""


def encode_board(board: Board) -> bytes:
    return json.dumps({"orm_insight": VERSION, **asdict(board)}).encode()


def decode_board(data: bytes) -> Board:
    """Raises ``UnreadableBoardError`` for whatever ``encode_board`` has not made."""
    if not data:
        return Board()
    try:
        content = json.loads(data)
        if content["orm_insight"] != VERSION:
            raise UnreadableBoardError("of another version")
        return Board(
            sample_rate=content["sample_rate"],
            is_paused=content["is_paused"] is True,
            deep={str(path): str(ticket) for path, ticket in content.get("deep", {}).items()},
            changed_at=str(content["changed_at"]),
            changed_by=str(content["changed_by"]),
        )
    except UnreadableBoardError:
        raise
    except Exception as error:
        raise UnreadableBoardError(f"damaged, {type(error).__name__}") from error
