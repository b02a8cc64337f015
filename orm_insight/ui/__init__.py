"""What is shown, and how: shared by dashboard, panel and whatever else shows a report.

A module builds frozen contexts from a report, ``environment`` turns a context into markup. Nothing
here decides who may see it, and nothing here changes a trace.
"""
