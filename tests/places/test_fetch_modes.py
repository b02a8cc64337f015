"""Fetch modes of Django 6.1: offered where they serve, and what they batch is no N+1."""

from __future__ import annotations

import re
from functools import partial

import django
import pytest

from tests.places import tools
from tests.places.pasting import fixed_project
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "modes")
has_modes = django.VERSION >= (6, 1)
needs_modes = pytest.mark.skipif(not has_modes, reason="Django 6.1 introduced fetch modes.")


# -- no hint ----------------------------------------------------------------------------------


@needs_modes
@pytest.mark.parametrize(
    ("url", "queries"),
    [
        ("/peers/", 5),
        ("/peers-deferred/", 3),
        ("/peers-generic/", 2),
        ("/raising/", 1),
    ],
)
def test_noop_what_peers_fetch(url: str, queries: int) -> None:
    report = check_noop(url)
    assert len([q for q in report.queries if "django_content_type" not in q.sql]) == queries


# -- a hint -----------------------------------------------------------------------------------


@needs_modes
def test_sets_of_peers() -> None:
    tools.check_hint(
        "modes",
        "/peers-with-a-set/",
        code="ORM102",
        lookup="genres",
        fix='prefetch_related("genres")',
        site="for genre in album.genres.all()) for album in albums)",
        origin="# <sets>",
    )


@needs_modes
def test_relations_of_prefetched_objects() -> None:
    """The mode of a queryset is not that of the sets that it prefetches."""
    tools.check_hint(
        "modes",
        "/peers-of-sets/",
        lookup="tracks__composer__label",
        fix='prefetch_related("tracks__composer__label")',
        site="track.composer.label.name for album in albums",
        origin="# <prefetched>",
    )


@pytest.mark.parametrize("url", ["/one-by-one/", "/sleeves/", "/deferred/", "/generic/", "/far/"])
def test_peers_are_offered_where_they_serve(url: str) -> None:
    report, content = tools.visit("tests.places.projects.modes", tools.get(url))
    [hint] = report.hints
    offered = re.findall(r"\.(fetch_mode\(models\.FETCH_PEERS\))", hint.message)
    assert len(offered) == has_modes
    assert "fetch_mode" not in hint.fix
    for fix in (hint.fix, *offered):
        pasted = fixed_project("modes", tools.with_fix(hint, fix))
        fixed, same = tools.visit(pasted, tools.get(url))
        assert (fixed.hints, same) == ((), content)
        assert len(fixed.queries) < len(report.queries)


@pytest.mark.parametrize("url", ["/chunked/", "/sets/"])
def test_peers_are_not_offered_where_they_do_not(url: str) -> None:
    report, _ = tools.visit("tests.places.projects.modes", tools.get(url))
    [hint] = report.hints
    assert "FETCH_PEERS" not in hint.message
