"""Plans, and EXPLAIN on real databases."""
