"""Plans out of a server's log."""
