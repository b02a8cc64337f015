"""The cost of capture, measured beside its peers: ``python -m tests.bench``."""
