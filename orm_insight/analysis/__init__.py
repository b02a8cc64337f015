"""The meaning of a trace: pure functions from recorded facts to groups and hints.

Nothing here knows Django, settings, a clock or a file.
"""
