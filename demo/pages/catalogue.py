"""All problems, in the order of the start page."""

from __future__ import annotations

from demo.pages import (
    admin_list,
    async_view,
    authors_in_a_loop,
    comments_and_tags,
    conversations,
    deferred_field,
    generic_list,
    get_in_a_loop,
    jinja_page,
    json_api,
    missing_index,
    raw_sql,
    same_again,
    slow_report,
    two_levels,
    writes,
)
from demo.pages.problem import Problem

PROBLEMS: tuple[Problem, ...] = tuple(
    module.PROBLEM
    for module in (
        authors_in_a_loop,
        comments_and_tags,
        two_levels,
        conversations,
        jinja_page,
        json_api,
        admin_list,
        async_view,
        generic_list,
        get_in_a_loop,
        deferred_field,
        same_again,
        raw_sql,
        writes,
        missing_index,
        slow_report,
    )
)
BY_SLUG = {problem.slug: problem for problem in PROBLEMS}
