"""The presentation of a report, shared by the dashboard, the panel and the texts.

A module builds frozen contexts from a report, ``environment`` turns a context into markup. Nothing
here decides who may see it, and nothing here changes a trace.
"""
