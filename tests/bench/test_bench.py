"""The benchmark runs, measures the page that it promises, and memory stays below its limit.

Times depend on the machine and what else it does: they are printed, not tested.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.rounds import ROOT

pytestmark = pytest.mark.process
MAX_BYTES_KEPT = 300
MAX_BYTES_OF_PAGE = 300_000


def run_bench(*arguments: str, module: str = "tests.bench") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_page_is_as_deep_as_promised_and_memory_stays_below_the_limit():
    finished = run_bench("--only", "ours", "--rounds", "1", "--json")

    assert finished.returncode == 0, finished.stderr
    outcome = json.loads(finished.stdout)
    ours = next(each for each in outcome["figures"] if each["name"] == "ours")
    assert outcome["queries"] == 201
    assert 55 <= outcome["depth"] <= 75
    assert 0 < ours["bytes_kept"] <= MAX_BYTES_KEPT


def test_long_traces_stay_below_the_limit_in_every_store():
    finished = run_bench(
        "--only", "ours", "--queries", "2000", "--json", module="tests.bench.sizes"
    )

    assert finished.returncode == 0, finished.stderr
    repeated, different = json.loads(finished.stdout)
    assert (repeated["page"], different["page"]) == ("repeated", "different")
    assert 0 < repeated["in_redis"] < repeated["in_memory"] <= MAX_BYTES_KEPT
    assert 0 < different["in_redis"] < different["in_memory"]
    assert max(repeated["page_bytes"], different["page_bytes"]) <= MAX_BYTES_OF_PAGE


def test_unknown_contender_is_named_with_those_that_exist():
    finished = run_bench("--only", "nobody")

    assert finished.returncode == 1
    assert "Unknown: nobody; there are bare, wrapper" in finished.stderr


def test_contender_that_is_not_installed_says_which_module_is_missing():
    peer = Contender(name="peer", title="a peer", requires=("no_such_package.middleware",))

    assert peer.missing == "no_such_package.middleware"
    assert CONTENDERS[0].missing is None


def test_pages_of_a_full_ring_are_measured():
    finished = run_bench(
        "--traces", "20", "--queries", "16", "--long", "500", "--json", module="tests.bench.rings"
    )

    assert finished.returncode == 0, finished.stderr
    pages = {row["page"].partition("/")[0]: row for row in json.loads(finished.stdout)}
    assert {"(overview)", "traces", "problems", "endpoints", "lines", "statements"} <= set(pages)
    assert all(0 < row["kB"] * 1e3 < MAX_BYTES_OF_PAGE for row in pages.values())
