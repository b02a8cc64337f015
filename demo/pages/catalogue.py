"""All problems by family, in the order of the start page."""

from __future__ import annotations

from types import ModuleType

from demo.pages import (
    admin_list,
    all_at_once,
    any_left,
    async_view,
    authors_in_a_loop,
    comments_and_tags,
    conversations,
    counted_by_len,
    counted_comments,
    counted_first,
    counted_twice,
    deferred_field,
    far_behind,
    filtered_sets,
    generic_list,
    get_in_a_loop,
    in_any_case,
    jinja_page,
    json_api,
    long_texts,
    missing_index,
    most_read,
    part_of_an_address,
    prefetched_again,
    raw_sql,
    same_again,
    slow_report,
    sorted_for_ten,
    two_levels,
    unused_relations,
    who_has_written,
    writes,
    wrong_estimate,
)
from demo.pages.problem import Family, Problem


def _family(slug: str, title: str, *modules: ModuleType) -> Family:
    return Family(slug=slug, title=title, problems=tuple(module.PROBLEM for module in modules))


FAMILIES: tuple[Family, ...] = (
    _family(
        "relations",
        "Relations, loaded row by row",
        authors_in_a_loop,
        two_levels,
        comments_and_tags,
        conversations,
        filtered_sets,
        prefetched_again,
        deferred_field,
    ),
    _family(
        "places",
        "The same, in other places",
        admin_list,
        generic_list,
        json_api,
        jinja_page,
        async_view,
    ),
    _family(
        "loops",
        "Questions in a loop",
        counted_comments,
        who_has_written,
        most_read,
        get_in_a_loop,
        raw_sql,
        writes,
    ),
    _family(
        "too-much",
        "Loaded, and not needed",
        counted_first,
        all_at_once,
        far_behind,
        unused_relations,
        long_texts,
        counted_by_len,
        any_left,
    ),
    _family("repetition", "Asked again", same_again, counted_twice),
    _family(
        "database",
        "The database",
        missing_index,
        part_of_an_address,
        in_any_case,
        sorted_for_ten,
        wrong_estimate,
        slow_report,
    ),
)
PROBLEMS: tuple[Problem, ...] = tuple(problem for family in FAMILIES for problem in family.problems)
BY_SLUG = {problem.slug: problem for problem in PROBLEMS}
