"""The problem pages: one module a family, each wasteful view next to its repaired twin."""
