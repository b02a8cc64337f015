"""Recordings: a request, command, task or block begins one, and its end makes a trace."""
