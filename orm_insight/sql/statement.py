"""Facts about a statement, read from its text, for messages and for caution.

They decide nothing about safety: a database in a read-only transaction refuses what must not
run, whatever the text looks like. Text can be misread in both directions.
"""

from __future__ import annotations

import re

# What stands before the first word: space, comments, parentheses, stray semicolons.
_LEADING = re.compile(r"(?:[\s(;]+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_SECOND_STATEMENT = re.compile(r";(?!\s*(?:--[^\n]*\s*|/\*.*?\*/\s*|;\s*)*\Z)", re.DOTALL)

# PostgreSQL's functions that act at once and for others, so that no rollback takes it back.
# A function of the project that calls one of them cannot be seen from outside.
_OUTSIDE_FUNCTIONS = (
    r"pg_(?:terminate|cancel)_backend",
    r"pg_(?:reload_conf|rotate_logfile\w*|promote|switch_wal|create_restore_point|log_\w+)",
    r"pg_(?:backup|wal_replay|start_backup|stop_backup)\w*",
    r"pg_(?:create|drop|copy)_\w*replication_slot\w*|pg_replication_\w+|pg_sync_replication_slots",
    r"pg_logical_(?:slot_get|emit_message)\w*",
    r"pg_(?:try_)?advisory_\w+",
    r"pg_stat_\w*reset\w*|pg_truncate_visibility_map|heap_force_\w+",
    r"brin_(?:de)?summarize_\w+|gin_clean_pending_list",
    r"pg_file_(?:write|rename|unlink|sync)|lo_export",
    r"dblink\w*",
)
_GAP = r"\"?(?:\s|/\*.*?\*/|--[^\n]*\n)*\("
_OUTSIDE = re.compile(rf"\b({'|'.join(_OUTSIDE_FUNCTIONS)}){_GAP}", re.IGNORECASE | re.DOTALL)


def verb(sql: str) -> str:
    """The first word in capitals (``SELECT``, ``WITH``), empty where there is none."""
    position = 0
    while leading := _LEADING.match(sql, position):
        position = leading.end()
    word = _WORD.match(sql, position)
    return word.group().upper() if word else ""


def is_empty(sql: str) -> bool:
    """Nothing but space, comments and punctuation that says nothing."""
    position = 0
    while leading := _LEADING.match(sql, position):
        position = leading.end()
    return position == len(sql)


def looks_like_several(sql: str) -> bool:
    """A semicolon with something behind it; it may stand inside a string."""
    return _SECOND_STATEMENT.search(sql) is not None


def function_outside_transactions(sql: str) -> str | None:
    """The first function called that no rollback takes back, also where only a string names it."""
    found = _OUTSIDE.search(sql)
    return found.group(1).lower() if found else None
