"""The content is the same on every run, uneven, and spread over three years."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest

from tests.demo.running import ROOT, environment

pytestmark = pytest.mark.process
TABLES = (
    "blog_author",
    "blog_profile",
    "blog_category",
    "blog_tag",
    "blog_post",
    "blog_post_tags",
    "blog_comment",
)


def fill_sqlite(path, hash_seed: str) -> list[tuple[object, ...]]:
    """All rows of a newly filled database."""
    subprocess.run(
        [sys.executable, "-m", "django", "prepare_blog", "--scale", "0.02"],
        cwd=ROOT,
        env=environment()
        | {
            "DJANGO_SETTINGS_MODULE": "demo.settings",
            "ORM_INSIGHT_DEMO_DATABASE_URL": f"sqlite:///{path}",
            "PYTHONHASHSEED": hash_seed,
        },
        check=True,
    )
    connection = sqlite3.connect(path)
    rows = [
        row for table in TABLES for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")
    ]
    connection.close()
    return rows


def test_two_databases_are_filled_exactly_alike(tmp_path):
    first = fill_sqlite(tmp_path / "first.sqlite3", hash_seed="1")
    second = fill_sqlite(tmp_path / "second.sqlite3", hash_seed="2")

    assert len(first) > 1_000
    assert first == second


def test_comments_are_spread_unevenly(demo):
    with psycopg.connect(demo.database) as connection:
        posts = Counter(row[0] for row in connection.execute("SELECT post_id FROM blog_comment"))

    numbers = sorted(posts.values(), reverse=True)
    assert sum(numbers[: len(numbers) // 10]) > 0.3 * sum(numbers)


def test_dates_span_three_years_and_comments_follow_their_post(demo):
    with psycopg.connect(demo.database) as connection:
        first, last = connection.execute(
            "SELECT min(published_at), max(published_at) FROM blog_post"
        ).fetchone()
        too_early = connection.execute(
            "SELECT count(*) FROM blog_comment c JOIN blog_post p ON p.id = c.post_id "
            "WHERE c.created_at < p.published_at"
        ).fetchone()

    assert datetime(2023, 1, 1, tzinfo=UTC) <= first < datetime(2023, 2, 1, tzinfo=UTC)
    assert datetime(2025, 12, 1, tzinfo=UTC) < last < datetime(2026, 1, 1, tzinfo=UTC)
    assert too_early == (0,)


def test_rows_can_be_added_after_the_given_keys(demo):
    with psycopg.connect(demo.database) as connection:
        key = connection.execute(
            "INSERT INTO blog_tag (name, slug) VALUES ('added', 'added') RETURNING id"
        ).fetchone()[0]
        connection.rollback()
        known = connection.execute("SELECT max(id) FROM blog_tag").fetchone()[0]

    assert key > known
