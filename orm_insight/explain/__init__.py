"""EXPLAIN of a captured query, on request, safe by construction.

``runner.explain`` is the way in. A vendor has a part that is pure and reads plans
(``postgresql``, ``mysql``, ``sqlite``), and one that talks to the database over the connection it
is given (its ``session``). ``findings`` and ``indexes`` say what is wrong with PostgreSQL's plans
and which index would help; ``summary`` and ``comparison`` put any vendor's plan into words.
"""
