"""EXPLAIN of a captured query, on request: one vendor a file, safe by construction.

``runner.explain`` is the way in. A vendor has two files: one that is pure and reads plans
(``postgresql``, ``sqlite``), and one that talks to the database over the connection it is given.
"""
