"""The test suite: it mirrors the package, and ``python -m tests.bench`` is the benchmark."""
