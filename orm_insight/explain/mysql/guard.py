"""What the text of a statement tells MariaDB's and MySQL's session before it is sent.

Text can be misread, so every rule is on the side of caution: a word counts wherever it stands,
also in a string or a comment. Nothing here makes a statement run that would be refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orm_insight.sql.statement import verb

READS = frozenset({"SELECT", "VALUES", "WITH", "TABLE"})

_RULES = (
    (
        r"/\*M?!",
        "a comment in it is run as code by some servers, so it cannot be told what it does",
    ),
    (r"\bINTO\b", "INTO would write a file or set a variable"),
    (r"\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\b", "it would lock rows"),
    (
        r"\bNEXT\s+VALUE\s+FOR\b|\b(?:NEXTVAL|SETVAL)\s*\(",
        "it would take a number from a sequence",
    ),
    (
        r"\b(GET_LOCK|RELEASE_LOCK|RELEASE_ALL_LOCKS|MASTER_POS_WAIT|MASTER_GTID_WAIT"
        r"|SOURCE_POS_WAIT|WAIT_FOR_EXECUTED_GTID_SET|WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS"
        r"|SERVICE_(?:GET|RELEASE)_\w+|ASYNCHRONOUS_CONNECTION_FAILOVER_\w+|GROUP_REPLICATION_\w+"
        r"|SPIDER_\w+|MROONGA_COMMAND|SYS_(?:EXEC|EVAL|SET)|KEYRING_KEY_\w+|AUDIT_\w+)\s*\(",
        "{0}() acts at once, and no rollback takes that back",
    ),
)
_HELD_BACK = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _RULES)
_LOCKS = re.compile(r"\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(?:INSERT|REPLACE|UPDATE|DELETE)\b", re.IGNORECASE)
_SEQUENCE = re.compile(r"\bNEXT\s+VALUE\s+FOR\b|\b(?:NEXTVAL|SETVAL)\b", re.IGNORECASE)


def why_not_to_run(sql: str) -> str | None:
    """The notice for a statement that is not to be measured."""
    if verb(sql) not in READS:
        return "Not executed: it would change data."
    for pattern, reason in _HELD_BACK:
        if found := pattern.search(sql):
            return f"Not executed: {reason.format(*map(str.lower, found.groups()))}."
    return None


def is_single(sql: str) -> bool:
    """No semicolon but at the very end."""
    return ";" not in sql.rstrip("; \t\r\n")


def only_reads(sql: str) -> bool:
    """Neither writes nor locks by itself, whatever it calls."""
    if verb(sql) not in READS or _LOCKS.search(sql):
        return False
    return verb(sql) != "WITH" or not _WRITES.search(sql)


def names_any(sql: str, names: Iterable[str]) -> bool:
    """Whether a sequence is asked for a number, or one of the names stands anywhere in the text."""
    patterns = (rf"(?<![\w$]){re.escape(name)}(?![\w$])" for name in names)
    return bool(_SEQUENCE.search(sql)) or any(
        re.search(pattern, sql, re.IGNORECASE) for pattern in patterns
    )
