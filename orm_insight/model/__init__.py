"""The vocabulary of orm_insight: frozen values that every other part uses.

Standard library only: nothing here knows Django, a database, a clock or a file.
"""
