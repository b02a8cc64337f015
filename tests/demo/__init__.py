"""Tests of the demo, as the processes that a person would start."""
