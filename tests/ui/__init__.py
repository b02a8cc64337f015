"""Tests of what is shown, and how."""
