"""All statements whose plans are kept, in the order in which the plans are made."""

from __future__ import annotations

from tests.explain.golden.joins import JOINS
from tests.explain.golden.options import OPTIONS
from tests.explain.golden.scans import SCANS
from tests.explain.golden.subqueries import SUBQUERIES
from tests.explain.golden.writes import WRITES

CASES = (*SCANS, *SUBQUERIES, *JOINS, *OPTIONS, *WRITES)
