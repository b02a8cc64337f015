"""``python -m demo``: makes sure that the packages are there, then starts the command line."""

from __future__ import annotations

import sys
from ctypes.util import find_library
from importlib import import_module
from importlib.util import find_spec

INSTALL = 'pip install -e ".[demo]"'
PACKAGES = {
    "django": "django",
    "debug_toolbar": "django-debug-toolbar",
    "jinja2": "jinja2",
    "psycopg": "psycopg",
    "uvicorn": "uvicorn",
}


def missing_packages() -> list[str]:
    """The packages of the extra `demo` that are not installed."""
    missing = [name for module, name in PACKAGES.items() if find_spec(module) is None]
    has_libpq = find_spec("psycopg_binary") or find_spec("psycopg_c") or find_library("pq")
    return missing if has_libpq else [*missing, "psycopg[binary]"]


def main() -> int:
    if missing := missing_packages():
        sys.stderr.write(
            f"The demo needs more packages: {', '.join(missing)}\nInstall them with: {INSTALL}\n"
        )
        return 1
    # Not imported above: it needs the packages that have been looked for here.
    code: int = import_module("demo.cli").main(sys.argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main())
