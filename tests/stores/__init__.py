"""Tests of the stores: one behaviour, every implementation."""
