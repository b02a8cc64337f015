"""A second application with a model of the same name as one of ``testapp``."""
