"""All problems by family, in the order of the start page."""

from __future__ import annotations

from demo.pages import database, loops, over_fetching, places, relations, repetition
from demo.pages.problem import Family, Problem

FAMILIES: tuple[Family, ...] = (
    relations.FAMILY,
    places.FAMILY,
    loops.FAMILY,
    over_fetching.FAMILY,
    repetition.FAMILY,
    database.FAMILY,
)
PROBLEMS: tuple[Problem, ...] = tuple(problem for family in FAMILIES for problem in family.problems)
BY_SLUG = {problem.slug: problem for problem in PROBLEMS}
