"""SQLite: its query plan, what is wrong with it, and how it is asked."""
