"""Real servers with several workers under load: each trace has exactly its own statements."""
