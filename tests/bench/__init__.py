"""What capture costs, measured beside its peers: ``python -m tests.bench``."""
