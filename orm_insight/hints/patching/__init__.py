"""The fix of a hint, written into the source of its origin. Pure: text comes in, text goes out.

Only what is certain is written. Wherever the code leaves room for doubt, there is no patch, and
the fix stands for itself.
"""
