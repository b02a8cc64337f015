"""A captured statement as Django code, where it is known.

No guess leaves this package: an expression is evaluated, its first statement is stopped before it
reaches the database, and only where it is the captured one, values and all, the code is given.
"""
