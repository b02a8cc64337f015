"""A captured statement as text that runs in the database's own shell, values and all.

One file per vendor knows its literals; ``statement`` puts the text together. Nothing here asks a
database, and no value is made up: what was withheld is a variable to fill in.
"""
