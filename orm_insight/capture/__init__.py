"""The hot path: what happens beside a query while the user's code waits.

Microseconds count here. No SQL is parsed, no source is read, no setting looked up and nothing
logged while a query is recorded; a failure is counted in ``faults`` and stays here.
"""
