"""Prints how long the fingerprint of a statement takes: an ordinary one, and some of two megabytes.

``python -m tests.bench.statements``
"""

from __future__ import annotations

from collections.abc import Mapping
from time import process_time

from orm_insight.sql.fingerprint import normal_form

ORDINARY = (
    'SELECT "blog_post"."id", "blog_post"."title", "blog_post"."author_id", "blog_author"."id", '
    '"blog_author"."name" FROM "blog_post" INNER JOIN "blog_author" ON ("blog_post"."author_id" = '
    '"blog_author"."id") WHERE ("blog_post"."published" AND "blog_post"."id" IN (%s, %s, %s) AND '
    '"blog_author"."name" LIKE %s ESCAPE \'\\\') ORDER BY "blog_post"."created" DESC LIMIT 21'
)
LARGE: Mapping[str, str] = {
    "placeholders": "SELECT a FROM b WHERE c IN (" + ", ".join(["%s"] * 500_000) + ")",
    "numbers": "SELECT a FROM b WHERE c IN (" + ", ".join(map(str, range(250_000))) + ")",
    "text": "SELECT '" + "x" * 2_000_000 + "'",
    "columns": "SELECT " + ", ".join(f'"t"."column_{number}"' for number in range(90_000)),
    "rows": "INSERT INTO a (b) VALUES " + ", ".join(["(%s)"] * 50_000),
}


def best_ms(sql: str, rounds: int) -> float:
    """The time of the processor, in the best of some rounds."""
    times = []
    for _ in range(rounds):
        started = process_time()
        normal_form(sql)
        times.append(process_time() - started)
    return min(times) * 1e3


def main() -> None:
    print(f"{'ordinary':>14} {best_ms(ORDINARY, 500):10.3f} ms")
    for name, sql in LARGE.items():
        print(f"{name:>14} {best_ms(sql, 3):10.3f} ms")


if __name__ == "__main__":
    main()
