"""Tests of what a trace means."""
