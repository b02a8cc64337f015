"""Tests of the pure functions of SQL text."""
