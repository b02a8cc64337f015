"""The process of one tool: all scenarios, one after the other, and the verdicts as JSON.

A process of its own for each, because some of them patch Django for good.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django
from django.core.management import call_command


def main(name: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what tools print must not mix with the answer
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from tests.peers.judging import broken, judge
    from tests.peers.tools import TOOLS
    from tests.scenarios import load
    from tests.scenarios.models import fill
    from tests.testapp.factories import make_library

    make_library("default", books=5)
    fill("default")
    verdicts: list[dict[str, Any]] = []
    for scenario in load():
        try:
            verdict = judge(TOOLS[name], scenario)
        except Exception as error:  # the tool's: the code alone runs
            verdict = broken(scenario, error)
        verdicts.append(verdict.to_dict())
    print(json.dumps(verdicts), file=answers)


if __name__ == "__main__":
    main(sys.argv[1])
