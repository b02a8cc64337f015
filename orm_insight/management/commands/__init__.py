"""Commands of `manage.py`, each a thin shell over the package."""
