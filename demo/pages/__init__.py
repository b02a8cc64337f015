"""The problem pages: one module each, the wasteful view beside its repaired twin."""
