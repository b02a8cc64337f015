"""A captured statement as Django code."""
