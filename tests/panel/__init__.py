"""The panel inside the real Debug Toolbar."""
