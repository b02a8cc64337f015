"""The statement as text that runs."""
