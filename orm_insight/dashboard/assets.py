"""Style sheets and scripts, served by the dashboard itself.

It does not depend on how, or whether, the project serves static files. The address contains a
digest of all files, so that browsers may cache them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "static" / "orm_insight"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def files() -> dict[str, bytes]:
    """All files by their name below the folder. No other file can be requested."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in CONTENT_TYPES
    }


@cache
def version() -> str:
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def content_type(name: str) -> str:
    return CONTENT_TYPES[Path(name).suffix]
