"""Tests of what is recorded, and from where."""
