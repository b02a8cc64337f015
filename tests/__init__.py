"""The tests of orm_insight, and what they stand on: databases, servers, builders of values."""

import os
import sys

# A test run has many processes, and each would compile the whole package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The development mode is that of the tests, not that of the programs that they start; see
# ``pytest_xdist_setupnodes``.
os.environ.pop("PYTHONDEVMODE", None)
