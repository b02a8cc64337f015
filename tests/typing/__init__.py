"""Code as a user would write it: the type checker reads it, nothing runs it."""
