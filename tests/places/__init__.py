"""A music shop, written once for each place where people write Django."""

import pytest

pytest.register_assert_rewrite("tests.places.tools", "tests.places.pasting")
