"""A library in both databases in turn, to which all statements of a test go."""

from __future__ import annotations

import pytest

from tests.analysis.patches.tools import OneDatabase
from tests.testapp.factories import make_library


@pytest.fixture
def library(alias, settings, db_of_alias):
    make_library(alias, books=4)
    settings.DEBUG = True  # else values are withheld
    settings.DATABASE_ROUTERS = [OneDatabase(alias)]


@pytest.fixture
def db_of_alias(request):
    """The databases are set up before the library is made."""
    request.getfixturevalue("_django_db_helper")
