"""The hot path: recording of queries while the user's code waits.

Microseconds count here. While a query is recorded, no SQL is parsed, no source is read, no setting
is looked up, and nothing is logged. A failure is counted in ``faults`` and stays here.
"""
