"""Tests of the dashboard over HTTP and in a browser."""
