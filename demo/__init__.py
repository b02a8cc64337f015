"""The demo: a blog with every problem of the ORM tutorials, on a real PostgreSQL server.

``python -m demo`` starts it. Nothing in the package ``orm_insight`` imports from here.
"""
