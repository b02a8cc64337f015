"""All models that the type checker reads: those of the tests and those of the demo."""

from __future__ import annotations

from tests.settings import *  # noqa: F403  # the settings of the tests, and one application more
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "demo.blog"]
