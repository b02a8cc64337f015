"""Fills the blog: always the same authors, posts and comments, down to the second."""
