"""A project of one database, whose values are kept."""

from __future__ import annotations

import pytest

from tests.hints.patching.tools import OneDatabase


@pytest.fixture
def library(alias, settings):
    settings.DEBUG = True  # else values are withheld
    settings.DATABASE_ROUTERS = [OneDatabase(alias)]
