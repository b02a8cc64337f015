"""Indexes that a plan asks for: candidates, what exists already, Django code, and the proof."""
