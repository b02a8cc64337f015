"""Raw SQL in a loop: a statement per city where one statement does.

https://docs.djangoproject.com/en/stable/topics/db/sql/#executing-custom-sql-directly
"""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.pages.problem import Problem

TEMPLATE = "demo/raw_sql.html"
CITIES = "SELECT DISTINCT city FROM blog_profile ORDER BY city"
AUTHORS_OF_CITY = "SELECT count(*) FROM blog_profile WHERE city = %s"
ALL_AT_ONCE = "SELECT city, count(*) FROM blog_profile GROUP BY city ORDER BY city"


def wasteful(request: HttpRequest) -> HttpResponse:
    rows = []
    with connection.cursor() as cursor:
        cursor.execute(CITIES)
        for (city,) in cursor.fetchall():
            cursor.execute(AUTHORS_OF_CITY, [city])
            rows.append((city, cursor.fetchone()[0]))
    return render(request, TEMPLATE, {"rows": rows})


def repaired(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(ALL_AT_ONCE)
        rows = cursor.fetchall()
    return render(request, TEMPLATE, {"rows": rows})


PROBLEM = Problem(
    slug="raw-sql",
    title="Raw SQL in a loop",
    happens="How many authors live in each city? The list of cities first, then a handwritten "
    "statement for every one of them.",
    panel="says what repeats and how often. It does not invent a fix for SQL that it "
    "did not write.",
    repair="SELECT city, count(*) FROM blog_profile GROUP BY city",
    hint="ORM205",
    wasteful=wasteful,
    repaired=repaired,
)
