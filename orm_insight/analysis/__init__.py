"""What a trace means: pure functions from recorded facts to groups and hints.

Nothing here knows Django, settings, a clock or a file.
"""
