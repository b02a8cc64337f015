"""The backend of a database that nobody knows."""
