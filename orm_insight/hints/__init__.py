"""Hints: the rules that find waste, and the fixes that remove it."""
