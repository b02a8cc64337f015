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
from django.db import transaction

ALIASES = ("default", "sqlite")


def seeded_by(make: Callable[..., object], **arguments: object) -> pytest.MarkDecorator:
    """The mark of a module all of whose tests find what ``make(alias, **arguments)`` writes."""
    return pytest.mark.seeded(make, arguments)


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
        for alias in aliases_of(module):
            stack.enter_context(rolled_back(alias))
            for mark in module.iter_markers("seeded"):
                make, arguments = mark.args
                make(alias, **arguments)
        yield


@contextmanager
def rolled_back(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        yield
        transaction.set_rollback(True, using=alias)


def is_transactional(item: pytest.Item) -> bool:
    """Tests that commit empty the tables afterwards, and cannot do so in a transaction."""
    mark = item.get_closest_marker("django_db")
    wanted = bool(mark and mark.kwargs.get("transaction"))
    return wanted or "transactional_db" in getattr(item, "fixturenames", ())
