"""Data that the tests of one module find: written once, and taken back with the module.

With ``pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(make_library)]``,
``make_library(alias)`` runs once for each database that the mark ``django_db`` names, in a
transaction around those of the tests. The changes of a test are taken back to this state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import transaction

from tests.emptying import has_tables

ALIASES = ("default", "sqlite")


def seeded_by(
    make: Callable[..., object], *, committed: bool = False, **arguments: object
) -> pytest.MarkDecorator:
    """The mark of a module all of whose tests find what ``make(alias, **arguments)`` writes.

    ``committed`` is for what a second connection has to see. No test of the module commits: that
    would empty the tables.
    """
    return pytest.mark.seeded(make, arguments, committed)


def aliases_of(node: pytest.Item | pytest.Module) -> Sequence[str]:
    """The databases of a test or of a module, as its mark ``django_db`` names them."""
    mark = node.get_closest_marker("django_db")
    named = mark.kwargs.get("databases") if mark else None
    if named == "__all__":
        return ALIASES
    return tuple(named or ("default",))


@contextmanager
def seeded(module: pytest.Module) -> Iterator[None]:
    """Write what the marks of the module name; take it back at the end."""
    # A test that empties the tables has the types of content made anew.
    ContentType.objects.clear_cache()
    with ExitStack() as stack:
        for alias in filter(has_tables, aliases_of(module)):
            for mark in module.iter_markers("seeded"):
                make, arguments, committed = mark.args
                stack.enter_context(emptied(alias) if committed else rolled_back(alias))
                make(alias, **arguments)
        yield


@contextmanager
def rolled_back(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        yield
        transaction.set_rollback(True, using=alias)


@contextmanager
def emptied(alias: str) -> Iterator[None]:
    try:
        yield
    finally:
        call_command("flush", database=alias, interactive=False, verbosity=0)
