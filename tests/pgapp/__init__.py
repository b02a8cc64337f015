"""Models whose columns only PostgreSQL has."""
