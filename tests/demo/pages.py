"""Pages of the demo as a browser gets them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from tests.demo.running import Demo

SQL_TIMING = re.compile(r'SQLPanel_sql_time;dur=([\d.]+);desc="SQL (\d+) quer')


@dataclass
class Page:
    """A page as a browser gets it, and what it cost."""

    content: str
    queries: int
    milliseconds: float


def get(demo: Demo, path: str) -> Page:
    response = httpx.get(f"{demo.url}{path}", timeout=60)
    assert response.status_code == 200
    duration, queries = SQL_TIMING.search(response.headers["server-timing"]).groups()
    return Page(content_of(response), int(queries), float(duration))


def content_of(response: httpx.Response) -> str:
    if response.headers["content-type"].startswith("application/json"):
        return response.text
    return re.search(r'<main id="content">(.*?)</main>', response.text, re.DOTALL)[1]
