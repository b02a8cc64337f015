"""Tags of the test application."""
