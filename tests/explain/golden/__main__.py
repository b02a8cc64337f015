"""Makes the plans again: ``python -m tests.explain.golden [15] [18] [NAME ...]``.

The expected findings are kept as somebody has written them; where the rules find others, that is
printed, to be looked at and to be changed by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from orm_insight.explain.postgresql import parse_plan
from tests.debian import running_postgres15
from tests.explain.golden import files
from tests.explain.golden.case import Case
from tests.explain.golden.making import cases_of, lacks, major_version, make, tables
from tests.servers import running_postgres

SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "15": running_postgres15,
    "18": running_postgres,
}


def main(arguments: list[str]) -> None:
    versions = [name for name in arguments if name in SERVERS] or list(SERVERS)
    names = {name for name in arguments if name not in SERVERS}
    for version in versions:
        with SERVERS[version]() as server, tables(server) as connection:
            found = major_version(connection)
            for case in cases_of(found):
                if not names or case.name in names:
                    keep(found, case, make(connection, case))


def keep(version: str, case: Case, payload: list) -> None:
    path = files.FOLDER / version / f"{case.name}.json"
    expected = files.expectation_of(path)
    findings = files.read(expected)["findings"] if expected.exists() else sorted(case.findings)
    files.write(path, payload)
    files.write(expected, files.expectation(payload, findings))
    codes = sorted({finding.code for finding in parse_plan(payload).findings})
    notes = [f"lacks {word}" for word in lacks(payload, case)]
    if codes != findings:
        notes.append(f"expected {findings}, found {codes}")
    print(f"{version} {case.name}", *notes, sep="\n     ")  # noqa: T201


main(sys.argv[1:])
