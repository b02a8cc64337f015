"""Pure functions of SQL text: cut it up, name it, recognise it again.

No database is asked and nothing is executed. Every function takes time linear in the length of
the text, whatever the text is. Broken SQL gives an answer, never an exception.
"""
